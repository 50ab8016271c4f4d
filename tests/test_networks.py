"""`mnist_utils.networks`: the layers, the initial weights of each seed, and independence of the user's Keras."""

import inspect
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

from mnist_utils import networks

BUILDERS = {
    name: function
    for name, function in inspect.getmembers(networks, inspect.isfunction)
    if function.__module__ == networks.__name__ and not name.startswith("_")
}
# The sum of the absolute initial weights under the seeds 0 and 1: the stored results of the studies depend on them.
SUMS = {
    "autoencoder": (10160.870933, 10133.975218),
    "averaging": (224.155152, 224.80882),
    "convolutional": (923.349561, 916.318258),
    "convolutional_autoencoder": (635.593027, 628.255206),
    "dense": (2644.55679, 2637.529113),
    "fast": (1491.876155, 1478.456013),
    "good": (3551.715516, 3536.312674),
    "mnist_convnet": (1279.845972, 1270.946482),
    "small": (236.104273, 234.336873),
    "stacked": (22517.977831, 22480.422332),
    "strided": (1363.876155, 1350.456013),
}
PARAMETERS = {
    "autoencoder": 226_416,
    "averaging": 1_729,
    "convolutional": 54_410,
    "convolutional_autoencoder": 13_249,
    "dense": 55_050,
    "fast": 29_514,
    "good": 82_618,
    "mnist_convnet": 34_826,
    "small": 1_828,
    "stacked": 549_820,
    "strided": 29_322,
}
IMAGES = np.random.default_rng(0).random((5, 28, 28, 1), "float32")


def build(name, seed):
    return BUILDERS[name](2, seed=seed) if name == "stacked" else BUILDERS[name](seed=seed)


def kernels(network):
    """The initial weights that were drawn, with their layers' names."""
    drawn = [weight for weight in network.weights if weight.name == "kernel"]
    assert all(weight.numpy().std() > 0 for weight in drawn)
    return [weight.numpy() for weight in drawn]


def described(network):
    """What must not depend on how Keras is set."""
    weights = [weight.numpy() for weight in network.weights]
    return {
        "types": sorted({str(weight.dtype) for weight in weights} | {network.compute_dtype, network.inputs[0].dtype}),
        "shapes": [weight.shape for weight in weights],
        "weights": [float(np.abs(weight.astype("float64")).sum()) for weight in weights],
        "output_shape": network.output_shape,
        "formats": sorted({layer.data_format for layer in network.layers if hasattr(layer, "data_format")}),
        "answers": network(IMAGES).numpy().tolist(),
    }


def predicted(network):
    return network.predict(IMAGES, verbose=0).tolist()


def test_the_tables_of_this_file_name_every_network():
    assert SUMS.keys() == PARAMETERS.keys() == BUILDERS.keys()


@pytest.mark.parametrize("name", BUILDERS)
def test_a_network_has_its_parameters_and_the_weights_of_its_seeds(name):
    for seed, expected in enumerate(SUMS[name]):
        network = build(name, seed)
        assert network.count_params() == PARAMETERS[name]
        assert sum(np.abs(w.astype("float64")).sum() for w in network.get_weights()) == pytest.approx(
            expected, abs=1e-5
        )
        assert network.output_shape == ((None, 28, 28, 1) if "autoencoder" in name else (None, 10))


@pytest.mark.parametrize("name", BUILDERS)
def test_a_seed_fixes_the_kernels_and_another_changes_each_of_them(name):
    one, same, other, unseeded, again = (kernels(build(name, seed)) for seed in (3, np.int64(3), 4, None, None))
    assert len(one) > 1
    for first, second in zip(one, same, strict=True):
        np.testing.assert_array_equal(first, second)
    for pair in (one, other), (one, unseeded), (unseeded, again):
        assert all((first != second).mean() > 0.99 for first, second in zip(*pair, strict=True))


@pytest.mark.parametrize("name", BUILDERS)
def test_no_two_layers_of_one_network_share_their_initial_kernels(name):
    drawn = kernels(build(name, 0)) if name != "stacked" else kernels(networks.stacked(3, (10, 10), seed=0))
    units = [kernel / np.abs(kernel).max() for kernel in drawn]  # equal draws differ in scale where shapes differ
    for index, kernel in enumerate(units):
        for other in units[:index]:
            size = min(kernel.size, other.size)
            assert (np.abs(kernel.ravel()[:size] - other.ravel()[:size]) > 1e-6).mean() > 0.9


def test_a_stack_begins_with_the_kernels_of_the_lower_ones():
    lower, higher = (kernels(networks.stacked(times, (12, 20), seed=5)) for times in (2, 3))
    for first, second in zip(lower, higher[:6], strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", ["good", "mnist_convnet"])
def test_a_seed_fixes_what_dropout_drops(name):
    one, same, other = (build(name, seed)(IMAGES, training=True).numpy() for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    dropouts = [next(x for x in build(name, seed).layers if "dropout" in x.name) for seed in (0, 1)]
    ones = np.ones((5, 100), "float32")
    assert (dropouts[0](ones, training=True).numpy() != dropouts[1](ones, training=True).numpy()).any()
    assert (one != other).any()


CHILD = """
import json, sys
import keras
sys.path.insert(0, "tests")
import test_networks
image_data_format, floatx = sys.argv[1:]
assert (keras.config.image_data_format(), keras.config.floatx()) == (image_data_format, floatx)
networks = {name: test_networks.build(name, 0) for name in test_networks.BUILDERS}
described = {name: test_networks.described(made) for name, made in networks.items()}
predictions = test_networks.predicted(networks["fast"])
assert (keras.config.image_data_format(), keras.config.floatx()) == (image_data_format, floatx)
assert keras.config.dtype_policy().name == floatx
assert keras.layers.Conv2D(1, 3).data_format == image_data_format
print(json.dumps([described, predictions]))
"""


@pytest.fixture(scope="module")
def usual():
    return {name: described(build(name, 0)) for name in BUILDERS}


def assert_described_alike(got, expected):
    got, expected = (json.loads(json.dumps(described)) for described in (got, expected))
    np.testing.assert_allclose(got.pop("answers"), expected.pop("answers"), atol=1e-6)
    assert got == expected
    assert got["types"] == ["float32"]
    assert got["formats"] in ([], ["channels_last"])


@pytest.mark.parametrize("floatx", ["float16", "float64"])
def test_a_keras_json_changes_no_network(usual, floatx, tmp_path, request):
    settings = {"image_data_format": "channels_first", "floatx": floatx, "epsilon": 1e-7, "backend": "tensorflow"}
    (tmp_path / "keras.json").write_text(json.dumps(settings))
    run = subprocess.run(
        [sys.executable, "-c", CHILD, "channels_first", floatx],
        cwd=request.config.rootpath,
        env=os.environ | {"KERAS_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert ("floatx: got float16; expected float32" in run.stderr) == (floatx == "float16")
    described_there, predictions = json.loads(run.stdout.splitlines()[-1])
    for name, got in described_there.items():
        assert_described_alike(got, usual[name])
    # Keras casts what `predict` is given to floatx: pixels lose digits, the network does not.
    np.testing.assert_allclose(
        predictions, predicted(networks.fast(seed=0)), atol=2e-3 if floatx == "float16" else 1e-6
    )


@pytest.fixture
def other_settings():
    before = keras.config.image_data_format(), keras.config.dtype_policy()
    keras.config.set_image_data_format("channels_first")
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_image_data_format(before[0])
    keras.config.set_dtype_policy(before[1])


def settings():
    return keras.config.image_data_format(), keras.config.dtype_policy().name


@pytest.mark.usefixtures("other_settings")
@pytest.mark.parametrize("name", BUILDERS)
def test_settings_of_the_process_change_no_network_and_stay(usual, name):
    assert_described_alike(described(build(name, 0)), usual[name])
    assert settings() == ("channels_first", "mixed_bfloat16")


@pytest.mark.usefixtures("other_settings")
def test_settings_stay_after_a_refusal():
    with pytest.raises(ValueError, match="hidden: got"):
        networks.dense((0,))
    assert settings() == ("channels_first", "mixed_bfloat16")


@pytest.mark.usefixtures("other_settings")
def test_networks_built_in_threads_get_the_same_format_each_and_leave_the_setting():
    with ThreadPoolExecutor(4) as pool:
        built = list(pool.map(lambda seed: networks.convolutional(seed=seed), range(12)))
    assert {network.layers[0].data_format for network in built} == {"channels_last"}
    assert keras.config.image_data_format() == "channels_first"


@pytest.mark.parametrize("hidden", [(0,), (64, -1), (64.5,), None, 0, "64", (None,)])
def test_hidden_layers_that_cannot_be_are_refused(hidden):
    with pytest.raises(ValueError, match=r"hidden: got .*; expected an integer, at least 1. Pass a whole number"):
        networks.dense(hidden)


def test_hidden_layers_may_come_from_any_iterable_or_be_one_number():
    for hidden in (iter([64, 64]), np.array([64, 64]), [64, 64]):
        assert networks.dense(hidden).count_params() == 55_050
    assert [layer.units for layer in networks.dense(64).layers[1:]] == [64, 10]
    assert networks.dense(()).count_params() == 7_850


@pytest.mark.parametrize("times", [0, -1, 1.5, "2"])
def test_a_stack_of_no_networks_is_refused(times):
    with pytest.raises(ValueError, match=r"times: got .*; expected an integer, at least 1"):
        networks.stacked(times)


@pytest.mark.parametrize("seed", [1.5, "0", -1, np.random.default_rng(0)])
@pytest.mark.parametrize("name", BUILDERS)
def test_a_seed_that_is_no_integer_is_refused(name, seed):
    with pytest.raises(ValueError, match=r"seed: got .*; expected an integer, at least 0, or None"):
        build(name, seed)
