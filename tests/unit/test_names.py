from ccsncam.saliency.names import variants


def test_variants_of_table_1():
    found = variants("grad-cam", {})
    assert found["after the ReLU"] == ({"post_relu": True}, "image")
    assert found["cells at their receptive fields"] == ({}, "field")
    # What the config asks for already is no variant of it; controls and others have none.
    assert list(variants("grad-cam", {"post_relu": True})) == ["cells at their receptive fields"]
    assert variants("ones", {}) == variants("eigen-cam", {}) == {}
