# ruff: noqa: F811 (a fixture of another file)
"""The page `train_here` in a real browser: a network learns there, by steps and gradients that are those of Keras.

It is opened by itself, with the scripts that the book gives it; the whole of it is looked at in test_pages.
"""

import base64
import re
import shutil

import keras
import live_data
import numpy as np
import pairs
import pytest
import tensorflow as tf
from playwright.sync_api import expect
from test_pages import browser  # noqa: F401

from mnist_utils import networks
from mnist_utils.dataset import load_mnist, preprocess

pytestmark = pytest.mark.training
NEEDED = re.search(r":needs: (.*)", (pairs.CHAPTERS / "train_here.md").read_text(encoding="utf-8")).group(1).split()
RATE, FACTOR = "Learning rate η", "L2 factor λ"
USUAL = {
    RATE: 0.1,
    "Batch size": 32,
    "Hidden layer 1": 64,
    "Hidden layer 2": 64,
    FACTOR: 0,
    "Training digits": 2000,
    "Initial weights": 0,
    "Seed": 0,
}
RATES = [0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 10]  # of the slider
SMALL = {"Hidden layer 1": 16, "Hidden layer 2": 0, "Training digits": 100}  # what takes little time
CURVE = "trainHere.page.training.curve"
HELPERS = """
window.encoded = numbers =>
    btoa(Array.from(new Uint8Array(numbers.slice().buffer), byte => String.fromCharCode(byte)).join(""));
window.updates = () => trainHere.page.training.lastStep.updates.map(({factor, before, gradient, after}) =>
    [factor, ...[before, gradient, after].map(encoded)]);
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the page, its scripts, and the digits that the build writes."""
    folder = tmp_path_factory.mktemp("train")
    shutil.copytree(pairs.ROOT / "assets" / "live", folder / "live")
    live_data.write(folder / "live")
    tags = "".join(f'<script defer src="live/{name}.js"></script>' for name in (*NEEDED, "live", "train_here"))
    place = '<div class="live" data-live="train_here"><div class="live-without-scripts">A figure.</div></div>'
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Train</title>{tags}'
    (folder / "page.html").write_text(f"{head}<body>{place}</body></html>", encoding="utf-8")
    return folder


def opened(browser, folder, **settings):
    """Return a page that has measured its untrained network, and the list of what goes wrong in it."""
    page, faults = browser.new_page(viewport={"width": 1000, "height": 1500}, **settings), []
    page.on("request", lambda request: None if request.url.startswith("file:") else faults.append(request.url))
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.add_init_script(HELPERS)
    page.goto((folder / "page.html").as_uri())
    page.get_by_role("button", name="Train").wait_for()
    settle(page)
    return page, faults


@pytest.fixture(scope="module")
def shared(browser, folder):
    page, faults = opened(browser, folder)
    yield page
    assert faults == []
    page.close()


@pytest.fixture
def page(shared):
    """The page with a small network at its beginning, without loading it again."""
    shared.get_by_role("button", name="Reset").click()
    choose(shared, **{**USUAL, **SMALL})
    choose_weight(shared, layer="hidden layer 1", source=406, target=0)
    return shared


def settle(page):
    """Wait until the page has done what it is to do."""
    page.wait_for_function("trainHere.page && !trainHere.page.isAtWork")


def choose(page, **settings):
    """Choose settings with the page's own fields, where they differ; each change begins anew."""
    for label, value in settings.items():
        field = page.get_by_label(label, exact=True)
        text = str(RATES.index(value) if label == RATE else value)
        if field.input_value() == text:
            continue
        if label in (RATE, "Seed"):
            field.fill(text)
            field.blur()
        else:
            field.select_option(text)
    settle(page)


def choose_weight(page, layer, source, target):
    page.get_by_label("Layer", exact=True).select_option(label=layer)
    for label, number in (("From input", source), ("To unit", target)):
        page.get_by_label(label).fill(str(number))
        page.get_by_label(label).blur()  # as when one goes on to the next


def press(page, name):
    page.get_by_role("button", name=name).click()
    settle(page)


def training(page, what):
    return page.evaluate(f"trainHere.page.training.{what}")


def status(page):
    return page.locator(".train-status").text_content()


def shown_numbers(page):
    """Return the numbers of the update that the page shows."""
    cells = page.locator("td[data-part]").all()
    return {
        cell.get_attribute("data-part"): float(cell.text_content().replace("\N{MINUS SIGN}", "-")) for cell in cells
    }


def all_updates(page):
    """Return the factor of decay, and the weights before, gradient and weights after, of each kernel and bias."""
    return [(factor, *map(decoded, arrays)) for factor, *arrays in page.evaluate("updates()")]


def decoded(text):
    return np.frombuffer(base64.b64decode(text), "<f4")


def test_an_epoch_on_the_real_digits_makes_the_accuracy_rise(page):
    choose(page, **USUAL)
    assert training(page, "curve.map(point => point.steps)") == [0]
    assert "Untrained" in status(page)
    press(page, "One epoch")
    curve = page.evaluate(CURVE)
    assert [point["epochs"] for point in curve] == pytest.approx([0, 0.25, 0.5, 0.75, 1], abs=0.02)
    assert curve[0]["validation"]["accuracy"] < 0.2 and curve[0]["validation"]["loss"] == pytest.approx(2.3, abs=0.2)
    assert curve[-1]["validation"]["accuracy"] > 0.6 and curve[-1]["training"]["accuracy"] > 0.6
    said = re.findall(r"accuracy (0\.\d{4})", status(page))
    assert [float(text) for text in said] == pytest.approx(
        [curve[-1][of]["accuracy"] for of in ("training", "validation")], abs=1e-4
    )
    assert training(page, "order.toSorted((a, b) => a - b)") == list(range(2000))
    for name, course in (("Mean loss", r"training digits from 2\.\d+ to 0"), ("Accuracy", r"from 0\.[01]\d* to 0")):
        picture = page.get_by_role("img", name=name)
        assert re.search(course, picture.get_attribute("aria-label"))
        assert picture.locator("path.training").get_attribute("d").count("L") == 4


def test_the_same_settings_give_the_same_curve_and_other_seeds_another(page):
    curves = []
    for seed in (0, 1, 0):
        choose(page, Seed=seed)
        press(page, "One epoch")
        press(page, "One step")
        press(page, "One epoch")
        curves.append(page.evaluate(CURVE))
    assert [point["steps"] for point in curves[0]] == [0, 4, 5, 8]
    assert curves[0] == curves[2] != curves[1]
    press(page, "Reset")
    press(page, "One epoch")
    assert page.evaluate(CURVE) == curves[0][:2]
    earlier = page.get_by_role("img", name="Accuracy").locator("path.earlier")
    assert earlier.get_attribute("d").count("L") == 1  # of the training before what fits the axis, one epoch


def test_a_training_is_paused_continued_and_reset(page):
    page.get_by_role("button", name="Train").click()
    page.wait_for_function(f"{CURVE}.length > 3")
    pause = page.get_by_role("button", name="Pause")
    assert status(page) == "Training …"
    pause.click()
    settle(page)
    steps = training(page, "steps")
    page.wait_for_timeout(100)
    assert training(page, "steps") == steps > 0
    assert training(page, "curve.at(-1).steps") == steps
    press(page, "One step")
    assert training(page, "steps") == steps + 1
    press(page, "One epoch")
    assert training(page, "steps") == 4 * ((steps + 1) // 4 + 1)  # the end of the epoch
    press(page, "Reset")
    assert training(page, "steps") == 0 and "Untrained" in status(page)
    assert page.evaluate("tf.memory().numTensors") == training(page, "layers.length") * 2  # nothing is left behind


def test_a_training_of_all_epochs_stops_by_itself(page):
    choose(page, **{"Batch size": 512, "Hidden layer 1": 4})
    page.get_by_role("button", name="Train").click()
    page.wait_for_function(f"{CURVE}.length > 1")
    page.evaluate("trainHere.page.training.steps = 197")
    settle(page)
    assert training(page, "steps") == 200 and "After 200 epochs" in status(page)


@pytest.mark.parametrize("factor", [0, 0.01])
def test_the_shown_numbers_are_those_of_the_step_and_can_be_checked_by_hand(factor, page):
    choose(page, **{FACTOR: factor, "Hidden layer 2": 16})
    assert "Make a step" in page.locator(".train-words").text_content()
    weights = [("hidden layer 1", 406, 3), ("hidden layer 2", 5, 6), ("output layer", 2, 9)]
    for step in (1, 2):
        press(page, "One step")
        updates = all_updates(page)
        for number, (layer, source, target) in enumerate(weights):
            choose_weight(page, layer, source, target)
            shown = shown_numbers(page)
            _, before, gradient, after = (part for part in updates[2 * number])
            units = len(updates[2 * number + 1][1])
            index = source * units + target
            assert shown["before"] == pytest.approx(before[index], abs=1e-8)
            assert shown["gradient"] == pytest.approx(gradient[index], abs=1e-8)
            assert shown["after"] == pytest.approx(after[index], abs=1e-8)
            of_this_layer = factor * layer.startswith("hidden")
            assert shown["decay"] == pytest.approx(2 * of_this_layer * shown["before"], abs=2e-8)
            by_hand = shown["before"] - 0.1 * (shown["gradient"] + shown["decay"])
            assert shown["after"] == pytest.approx(by_hand, abs=2e-8)
            assert shown["after"] == pytest.approx(
                shown["before"] - shown["times-gradient"] - shown["times-decay"], abs=3e-8
            )
            assert f"Step {step} was made on 32 digits" in page.locator(".train-words").text_content()
    assert shown["gradient"] != 0


def test_every_weight_is_updated_by_the_rate_times_its_gradient(page):
    choose(page, **{**USUAL, "Training digits": 100, FACTOR: 0.01, RATE: 0.3})
    press(page, "One step")
    updates = all_updates(page)
    assert sum(len(before) for _, before, *_ in updates) == 55_050
    assert [factor for factor, *_ in updates] == [0.01, 0, 0.01, 0, 0, 0]
    for factor, before, gradient, after in updates:
        expected = before - 0.3 * (gradient + 2 * factor * before)
        np.testing.assert_allclose(after, expected, rtol=0, atol=1e-7)
    assert any((after != before).any() for _, before, _, after in updates)


def test_gradients_and_loss_are_those_of_keras_on_the_same_weights_and_batch(page):
    choose(page, **{**USUAL, "Training digits": 100})
    for _ in range(3):
        press(page, "One step")
    (images, labels), _ = load_mnist()
    batch = training(page, "lastStep.batch")
    updates = all_updates(page)
    network = networks.dense((64, 64))
    network.set_weights([before.reshape(old.shape) for old, (_, before, *_) in zip(network.get_weights(), updates)])  # noqa: B905
    with tf.GradientTape() as tape:
        losses = keras.losses.sparse_categorical_crossentropy(labels[batch], network(preprocess(images[batch])))
        loss = tf.reduce_mean(losses)
    for gradient, (_, _, found, _) in zip(tape.gradient(loss, network.trainable_weights), updates, strict=True):
        np.testing.assert_allclose(found, gradient.numpy().ravel(), rtol=0, atol=1e-6)
        assert np.abs(found).max() > 1e-3
    assert training(page, "lastStep.loss") == pytest.approx(float(loss), abs=1e-5)


def test_what_is_measured_is_what_keras_measures(page):
    choose(page, **{**USUAL, "Training digits": 1000})
    press(page, "One step")
    weights = [after for *_, after in all_updates(page)]
    network = networks.dense((64, 64))
    network.set_weights([new.reshape(old.shape) for old, new in zip(network.get_weights(), weights, strict=True)])
    network.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    (images, labels), _ = load_mnist()
    for of, chosen in (("training", slice(500)), ("validation", slice(-500, None))):
        loss, accuracy = network.evaluate(preprocess(images[chosen]), labels[chosen], verbose=0)
        measured = training(page, f"curve.at(-1).{of}")
        assert measured["loss"] == pytest.approx(loss, abs=1e-4) and measured["accuracy"] == pytest.approx(accuracy)
    hidden = keras.Model(network.inputs, [layer.output for layer in network.layers[1:-1]])
    outputs = hidden.predict(preprocess(images[:500]), verbose=0)
    assert training(page, "curve.at(-1).training.silent") == [int((h.max(axis=0) == 0).sum()) for h in outputs]


def test_kernels_begin_as_those_of_keras_and_biases_at_0(page):
    choose(page, **USUAL)
    layers = training(page, "layers.map(({kernel, bias}) => [kernel, bias].map(all => encoded(all.dataSync())))")
    for arrays, (inputs, units) in zip(layers, [(784, 64), (64, 64), (64, 10)], strict=True):
        kernel, bias = map(decoded, arrays)
        limit = np.sqrt(6 / (inputs + units))
        assert len(kernel) == inputs * units and len(bias) == units and not any(bias)
        assert 0.98 * limit < np.abs(kernel).max() <= limit * (1 + 1e-6)
        assert np.std(kernel) == pytest.approx(limit / np.sqrt(3), rel=0.05)
        assert np.mean(kernel) == pytest.approx(0, abs=4 * limit / np.sqrt(3 * len(kernel)))


def test_units_that_begin_alike_stay_alike(page):
    choose(page, **{"Initial weights": 1})
    press(page, "One epoch")
    kernel = all_updates(page)[0][3].reshape(784, 16)
    assert (kernel == kernel[:, :1]).all() and np.ptp(kernel) > 0


def test_a_loss_that_is_no_number_is_answered_in_words_and_the_page_goes_on(page):
    choose(page, **{RATE: 10, FACTOR: 0.1})
    press(page, "Train")
    assert "no longer a number (NaN)" in status(page) and "rate 10" in status(page)
    assert all(np.isfinite(point["training"]["loss"]) for point in page.evaluate(CURVE))
    press(page, "One step")
    assert "NaN" in status(page)
    choose(page, **{RATE: 0.1, FACTOR: 0})
    press(page, "One epoch")
    assert "After 1 epoch: " in status(page)


def test_a_layer_that_has_fallen_silent_is_answered_in_words(page):
    choose(page, **{RATE: 10, "Hidden layer 1": 4})
    for _ in range(3):
        press(page, "One epoch")
    assert "A whole layer is silent" in status(page)


@pytest.mark.parametrize(
    ("label", "text"), [("Seed", "-1"), ("Seed", ""), ("Seed", "1.5"), ("From input", "784"), ("To unit", "16")]
)
def test_a_number_that_does_not_fit_is_answered_beside_it_and_the_last_one_stays(label, text, page):
    press(page, "One step")
    field = page.get_by_label(label)
    kept = field.input_value()
    field.fill(text)
    field.blur()
    answer = page.locator(f"#{field.get_attribute('aria-describedby')}")
    assert re.fullmatch(rf"Give a whole number from 0 to [\d,]+\. In use: {kept}\.", answer.text_content())
    assert field.get_attribute("aria-invalid") == "true"
    assert training(page, "steps") == 1  # a number that does not fit begins nothing anew
    field.fill(kept)
    field.blur()
    assert answer.text_content() == "" and field.get_attribute("aria-invalid") == "false"


def test_a_chosen_weight_that_the_new_network_has_not_gives_way(page):
    choose_weight(page, "output layer", 15, 9)
    choose(page, **{"Hidden layer 1": 4})
    assert [page.get_by_label(label).input_value() for label in ("From input", "To unit")] == ["3", "9"]
    press(page, "One step")
    assert "from unit 3 of hidden layer 1 to the output for the digit 9" in page.locator(".train-words").text_content()


def test_a_keyboard_is_enough(page):
    page.get_by_label(RATE).focus()
    page.keyboard.press("ArrowRight")
    settle(page)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")  # a larger batch
    for _ in range(7):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Train")).to_be_focused()
    assert (training(page, "settings.rate"), training(page, "settings.batchSize")) == (0.2, 128)
    page.keyboard.press("Space")
    page.wait_for_function(f"{CURVE}.length > 2")
    page.keyboard.press("Enter")  # the same button, which now pauses
    settle(page)
    assert training(page, "steps") >= 2
    for key, steps in (("Tab", None), ("Tab", None), ("Tab", 0)):
        page.keyboard.press(key)
        before = training(page, "steps")
        page.keyboard.press("Enter")
        settle(page)
        assert training(page, "steps") == (before + 1 if steps is None else 0)  # an epoch is one step here
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Layer", exact=True)).to_be_focused()
    assert "to the output for the digit 0" in page.locator(".train-words").text_content()


def test_who_wishes_less_motion_sees_the_page_change_at_the_end_of_epochs_only(browser, folder):
    page, faults = opened(browser, folder, reduced_motion="reduce")
    choose(page, **{**SMALL, "Training digits": 2000})
    page.evaluate("""() => {
        const progress = document.querySelector(".train-progress");
        window.seen = [];
        new MutationObserver(() => seen.push(progress.textContent)).observe(progress, {childList: true});
    }""")
    press(page, "One epoch")
    assert len(page.evaluate(CURVE)) == 5
    assert {re.match(r"Step \d+", text).group() for text in page.evaluate("seen")} == {"Step 0", "Step 63"}
    assert faults == []
    page.close()


@pytest.mark.parametrize("state", ["missing", "cut off", "in pieces"])
def test_digits_that_are_not_there_are_named_and_the_figure_stays(state, browser, folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    path = tmp_path / "copy" / "live" / "digits.js"
    text = path.read_text(encoding="utf-8")
    if state == "missing":
        path.unlink()
    else:
        path.write_text(text[:3000] if state == "cut off" else re.sub(r'"images": ".{9000}', '"images": "', text))
    page = browser.new_page()
    page.goto((tmp_path / "copy" / "page.html").as_uri())
    assert "digits.js" in page.get_by_role("alert").text_content()
    assert page.get_by_text("A figure.").is_visible() and page.get_by_role("button").count() == 0
    page.close()


def test_a_missing_library_is_named(browser, folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    (tmp_path / "copy" / "live" / "tf.es2017.min.js").unlink()
    page = browser.new_page()
    page.goto((tmp_path / "copy" / "page.html").as_uri())
    assert "tf.es2017.min.js" in page.get_by_role("alert").text_content()
    page.close()
