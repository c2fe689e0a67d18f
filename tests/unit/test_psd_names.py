import pycbc.psd

from ccsncam.noise import psd_names


def test_the_names_are_those_of_pycbc():
    assert set(pycbc.psd.get_psd_model_list()) == psd_names.ANALYTICAL


def test_a_file_is_known_and_other_names_are_not(tmp_path):
    (tmp_path / "asd.txt").write_text("10 1e-20\n")
    assert psd_names.is_known(str(tmp_path / "asd.txt"))
    assert psd_names.is_known("aLIGOaLIGOO3LowT1800545")
    assert not any(map(psd_names.is_known, ("", "aLIGO", str(tmp_path), "x" * 300)))
