import pycbc.psd

from ccsncam.noise import psd_names


def test_the_names_are_those_of_pycbc():
    assert set(pycbc.psd.get_psd_model_list()) == psd_names.ANALYTICAL
