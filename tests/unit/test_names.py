from ccsncam.saliency.names import FEW_EXPLAINED, FEW_JUDGED, together, variants


def test_variants_of_table_1():
    found = variants("grad-cam", {})
    assert found["after the ReLU"] == ({"post_relu": True}, "image")
    assert found["cells at their receptive fields"] == ({}, "field")
    # What the config asks for already is no variant of it; controls and others have none.
    assert list(variants("grad-cam", {"post_relu": True})) == ["cells at their receptive fields"]
    assert variants("ones", {}) == variants("eigen-cam", {}) == {}


def test_methods_share_a_job_in_small_runs_alone():
    # The quick run and the full one.
    assert together(10 * 50, 10 * 10)
    assert not together(10 * 1000, 9 * 100)
    assert together(FEW_EXPLAINED, FEW_JUDGED)
    assert not together(FEW_EXPLAINED + 1, 1)
    assert not together(1, FEW_JUDGED + 1)
