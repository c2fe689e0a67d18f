"""What native code writes to stderr is kept."""

import importlib
import os
import subprocess
import sys

import pytest

from ccsncam.network.backend import hidden, native_words


def test_native_words_are_kept(capfd):
    lines = ["before"]

    def work():
        with native_words(lines):
            os.write(2, b"cuInit\nno GPU\n")
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        work()
    os.write(2, b"after\n")
    assert lines == ["before", "cuInit", "no GPU"]
    assert capfd.readouterr().err == "after\n"


def test_a_user_s_keras_settings_are_not_used(root, tmp_path):
    (tmp_path / "keras.json").write_text(
        '{"floatx": "float16", "epsilon": 1e-3, "backend": "jax", '
        '"image_data_format": "channels_first"}'
    )
    code = (
        f"import sys; sys.path.append({str(root / 'workflow/scripts')!r})\n"
        "from ccsncam.network.backend import keras\n"
        "print(keras.config.backend(), keras.config.floatx(), keras.config.epsilon(),\n"
        "      keras.config.image_data_format())"
    )
    environment = os.environ | {"KERAS_HOME": str(tmp_path)}
    said = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)
    assert said.split() == ["tensorflow", "float32", "1e-07", "channels_last"]


def test_one_choice_of_kernels_on_every_processor(root):
    code = (
        f"import os, sys; sys.path.append({str(root / 'workflow/scripts')!r})\n"
        "os.environ['TF_ENABLE_ONEDNN_OPTS'] = '0'\n"
        "import ccsncam.network.backend\n"
        "from tensorflow.python.util import _pywrap_util_port\n"
        "print(_pywrap_util_port.IsMklEnabled())"
    )
    said = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert said.split()[-1] == "True"


def test_a_package_is_hidden_inside_the_block_alone():
    name = "this"
    sys.modules.pop(name, None)

    def work():
        with hidden([name, "os"]):
            assert importlib.import_module("os") is os
            importlib.import_module(name)

    with pytest.raises(ModuleNotFoundError):
        work()
    assert importlib.import_module(name).__name__ == name


@pytest.mark.parametrize("script", ["evaluate", "explain", "attribute"])
def test_jobs_of_the_network_import_no_more_than_they_use(root, script):
    """Each of these packages would add a tenth to the start of every such job."""
    code = f"import sys, {script}; print(*{{name.split('.')[0] for name in sys.modules}})"
    folder = root / "workflow/scripts"
    said = subprocess.check_output([sys.executable, "-c", code], cwd=folder, text=True)
    assert not {"matplotlib", "pandas", "sklearn"} & set(said.split())
