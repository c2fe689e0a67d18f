import pycbc.psd

from ccsncam.noise import psd_names

STRANGE = ("analytical_psd_", "sh_transformed_", "flat_unity")


def test_the_names_are_those_of_pycbc():
    names = {name for name in pycbc.psd.get_psd_model_list() if not name.startswith(STRANGE)}
    assert names == psd_names.ANALYTICAL
