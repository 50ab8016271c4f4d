# ruff: noqa: F811, RUF001 (a fixture of another file; the sign of multiplication, as the page shows it)
"""The page `draw_a_digit` in a real browser: it prepares as Python does, its networks answer as Keras does, and what it
cannot use it answers with a sentence.

It is opened by itself, with the scripts that the book gives it; the whole of it is looked at in test_pages.
"""

import base64
import io
import itertools
import re
import shutil

import live_data
import numpy as np
import pairs
import pytest
from PIL import Image
from scipy import ndimage
from test_pages import browser  # noqa: F401

from mnist_utils import results
from mnist_utils.dataset import load_mnist, preprocess
from mnist_utils.preparation import prepare

pytestmark = pytest.mark.training
(_, _), (IMAGES, LABELS) = load_mnist()
SCRIPTS = re.search(r":needs: (.*)", (pairs.CHAPTERS / "draw_a_digit.md").read_text(encoding="utf-8")).group(1).split()
SEVEN = [(80, 60), (190, 60), (120, 220)]  # corners, on an area of 280 x 280
HELPERS = """
const bytesOf = base64 => Uint8ClampedArray.from(atob(base64), letter => letter.charCodeAt(0));
window.predict = (name, pixels) => tf.tidy(() => {
    const grays = Float32Array.from(bytesOf(pixels), gray => gray / 255);
    const images = tf.tensor4d(grays, [grays.length / 784, 28, 28, 1]);
    return Array.from(drawADigit.networks[name].predict(images)[1].dataSync());
});
window.steps = ({width, height, data}, options) =>
    preparation.prepare(preparation.grayLevels({width, height, data: bytesOf(data)}), options);
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the page, its scripts, and the data that the build writes."""
    folder = tmp_path_factory.mktemp("draw")
    shutil.copytree(pairs.ROOT / "assets" / "live", folder / "live")
    live_data.write(folder / "live")
    (folder / "page.html").write_text(page_with(*SCRIPTS), encoding="utf-8")
    return folder


def page_with(*scripts):
    """Return the text of a page that loads scripts, before those that every page of this kind has."""
    tags = "".join(f'<script defer src="live/{name}.js"></script>' for name in (*scripts, "live", "draw_a_digit"))
    place = '<div class="live" data-live="draw_a_digit"><div class="live-without-scripts">A figure.</div></div>'
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Draw</title>{tags}<body>{place}</body></html>'


def opened(browser, path, **settings):
    """Return a page, and the list of what goes wrong in it."""
    page, faults = browser.new_page(viewport={"width": 1000, "height": 1500}, **settings), []
    page.on("request", lambda request: None if request.url.startswith("file:") else faults.append(request.url))
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.add_init_script(HELPERS)
    page.goto(path.as_uri())
    page.wait_for_selector(".draw-area")
    return page, faults


@pytest.fixture(scope="module")
def shared(browser, folder):
    page, faults = opened(browser, folder / "page.html")
    yield page
    assert faults == []
    page.close()


@pytest.fixture
def page(shared):
    """The page as it opens, without loading it again."""
    shared.get_by_role("button", name="Clear").click()
    shared.get_by_role("button", name="Back to 0").click()
    for box in shared.get_by_role("checkbox").all():
        box.check()
    settle(shared)
    return shared


def settle(page):
    """Do not wait for the answer to what was done last, which comes after a pause."""
    page.evaluate("drawADigit.update()")


def place(page, point):
    page.locator(".draw-area").scroll_into_view_if_needed()  # there, the mouse cannot reach what is out of sight
    box = page.locator(".draw-area canvas").bounding_box()
    return [float(box[side] + share * box["width"] / 280) for side, share in zip("xy", point, strict=True)]


def draw(page, *corners, steps=8):
    """Draw a stroke with the mouse."""
    page.mouse.move(*place(page, corners[0]))
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*place(page, corner), steps=steps)
    page.mouse.up()
    settle(page)


def read(page):
    """Return the digit that the convolutional network reads, None if nothing."""
    texts = page.locator(".draw-reads").all_text_contents()
    return int(texts[0].split()[-1]) if texts[0] != "reads nothing" else None


def message(page):
    return page.locator(".live-message").text_content()


def seen(page):
    """Return the image that the networks see."""
    return np.reshape(page.evaluate("Array.from(drawADigit.state.seen.values)"), (28, 28))


def encoded(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def as_canvas(image):
    """Return what a canvas gives of a picture: red, green, blue and opacity."""
    image = np.dstack([image] * 3) if image.ndim == 2 else image
    image = np.dstack([image, np.full(image.shape[:2], 255, np.uint8)]) if image.shape[2] == 3 else image
    return {"width": image.shape[1], "height": image.shape[0], "data": encoded(image)}


def pasted(seed):
    """Return a digit somewhere on a larger sheet, dark on white or bright on black."""
    random = np.random.default_rng(seed)
    sheet = np.pad(IMAGES[seed], [random.integers(5, 60, 2), random.integers(5, 60, 2)])
    return 255 - sheet if seed % 2 else sheet


def drawn(seed):
    """Return a drawing: a digit made larger, on a sheet of 280 x 280."""
    random = np.random.default_rng(seed)
    large = ndimage.zoom(IMAGES[seed] / 255, random.uniform(1, 9, 2), order=1)
    sheet = np.ones((280, 280))
    row, column = (random.integers(0, 280 - side) for side in large.shape)
    sheet[row : row + large.shape[0], column : column + large.shape[1]] -= large.clip(0, 1)
    return np.uint8(255 * sheet)


def photographed(seed):
    """Return a photograph in colors of a digit on uneven paper, of odd sides, dark on bright or chalk on a board."""
    random = np.random.default_rng(seed)
    sides = random.integers(100, 420, 2)
    large = ndimage.zoom(IMAGES[seed] / 255, random.uniform(2, 3.5, 2), order=1)
    ink = np.pad(large, [(20, sides[axis]) for axis in (0, 1)])[: sides[0], : sides[1]].clip(0, 1)
    light = np.add.outer(np.linspace(0.85, 0.6, sides[0]), np.linspace(0, 0.1, sides[1]))
    photo = light * (1 - 0.75 * ink) + random.normal(0, 0.01, ink.shape)
    photo = 1 - photo if seed % 2 else photo
    tints = np.array([1, 0.98, 0.9])  # of the light
    return np.uint8(255 * (photo[..., None] * tints).clip(0, 1))


@pytest.mark.parametrize("name", live_data.NETWORKS)
def test_the_networks_answer_as_keras_does(name, page):
    expected = results.load_network("in-the-page", name, 0).predict(preprocess(IMAGES[:1000]), verbose=0)
    answers = page.evaluate("([name, pixels]) => predict(name, pixels)", [name, encoded(IMAGES[:1000])])
    np.testing.assert_allclose(np.reshape(answers, (-1, 10)), expected, atol=1e-4)


def barred(seed):
    """Return a bar whose width in the box is a half more than a whole number, which NumPy rounds to the even one."""
    return np.pad(np.full((40, 2 * seed + 1), 255, np.uint8), 20)


@pytest.mark.parametrize("picture", [pasted, drawn, photographed, barred], ids=lambda picture: picture.__name__)
def test_the_page_prepares_as_python_does(picture, page):
    for seed in range(8):
        expected, steps = prepare(picture(seed), with_steps=True)
        box, prepared = page.evaluate(
            "canvas => { const {small, prepared} = steps(canvas); return [[...small.values], [...prepared.values]] }",
            as_canvas(picture(seed)),
        )
        np.testing.assert_allclose(box, steps["box"].ravel(), atol=1e-9, err_msg=str(seed))
        difference = np.round(255 * np.reshape(prepared, (28, 28))) - expected
        assert np.abs(difference).max() <= 1, f"{seed}: {difference}"  # a half may be rounded either way


def test_opacity_is_on_white_paper(page):
    gray = drawn(0)
    ink = np.dstack([np.zeros((280, 280, 3), np.uint8), 255 - gray])
    found = page.evaluate("canvas => Array.from(steps(canvas).prepared.values)", as_canvas(ink))
    np.testing.assert_allclose(np.multiply(255, found).reshape(28, 28), prepare(gray), atol=1)


def test_a_seven_drawn_with_the_mouse_is_read_as_a_seven(page):
    draw(page, *SEVEN)
    assert read(page) == 7
    percents = page.locator(".live-bars").first.locator(".live-percent").all_text_contents()
    assert len(percents) == 10 and all("%" in text for text in percents)
    page.wait_for_function("document.querySelector('.live-unseen').textContent.includes('Convolutional network: 7')")
    canvas = page.evaluate(
        "() => { const c = document.querySelector('.draw-area canvas');"
        "return Array.from(c.getContext('2d').getImageData(0, 0, 280, 280).data.filter((_, at) => at % 4 === 0)) }"
    )
    np.testing.assert_allclose(255 * seen(page), prepare(np.reshape(np.uint8(canvas), (280, 280))), atol=1)


def test_a_finger_draws_and_does_not_scroll(browser, folder):
    page, faults = opened(browser, folder / "page.html", has_touch=True)
    page.set_viewport_size({"width": 390, "height": 600})
    session = page.context.new_cdp_session(page)

    def touch(kind, point=None):
        points = [dict(zip("xy", place(page, point), strict=True))] if point is not None else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", SEVEN[0])
    for start, end in itertools.pairwise(SEVEN):
        for share in np.linspace(0, 1, 9)[1:]:
            touch("touchMove", np.add(start, share * np.subtract(end, start)))
    touch("touchEnd")
    settle(page)
    assert (read(page), page.evaluate("scrollY"), faults) == (7, 0, [])
    page.close()


def test_a_seven_drawn_with_the_keyboard_is_read_as_a_seven(page):
    page.locator(".draw-area").focus()
    keys = [("ArrowUp", 8), ("ArrowLeft", 6), (" ", 1), ("ArrowRight", 11)]
    for key, times in [*keys, *[("ArrowDown", 2), ("ArrowLeft", 1)] * 7, (" ", 1)]:
        for _ in range(times):
            page.keyboard.press(key)
    settle(page)
    assert read(page) == 7
    assert re.search(r"column 12, row 20 of 28, up", page.locator(".draw-pen-place").text_content())
    page.keyboard.press("Control+z")
    settle(page)
    assert message(page).startswith("Nothing is drawn yet")


def test_undo_takes_back_a_stroke_and_clear_all_of_them(page):
    draw(page, *SEVEN)
    before = seen(page)
    draw(page, (100, 140), (180, 140))
    assert not np.array_equal(seen(page), before)
    page.get_by_role("button", name="Undo").click()
    settle(page)
    np.testing.assert_array_equal(seen(page), before)
    draw(page, (20, 20), (30, 20))
    page.get_by_role("button", name="Clear").click()
    settle(page)
    assert (read(page), page.evaluate("drawADigit.state.steps")) == (None, None)
    assert message(page).startswith("Nothing is drawn yet. Draw one digit")


@pytest.mark.parametrize("label", ["Bright ink", "Box of 20 × 20", "Anti-aliasing", "Center of mass"])
def test_a_step_without_its_mark_is_left_out(label, page):
    draw(page, (60, 30), (120, 30), (90, 100))  # small, beside the middle
    before = seen(page)
    page.get_by_role("checkbox", name=label).uncheck()
    settle(page)
    after = seen(page)
    assert not np.allclose(after, before)
    if label == "Bright ink":
        assert (after > 0.9).mean() > 0.4
    if label == "Box of 20 × 20":
        assert np.ptp(np.flatnonzero(after.any(axis=1))) + 1 < 13
    if label == "Center of mass":  # its middle, not its mass, is in the middle
        assert set(np.flatnonzero(after.any(axis=1))) == set(range(4, 24))


def test_sliders_shift_and_turn_what_the_networks_see(page):
    draw(page, *SEVEN)
    before = seen(page)
    page.get_by_label("Shift to the right").fill("3")
    page.get_by_label("Shift down").fill("-2")
    settle(page)
    np.testing.assert_allclose(seen(page), ndimage.shift(before, (-2, 3), order=1), atol=1e-9)
    page.get_by_role("button", name="Back to 0").click()
    page.get_by_label("Turn clockwise").fill("90")
    settle(page)
    np.testing.assert_allclose(seen(page), np.rot90(before, -1), atol=1e-9)


def test_what_the_networks_cannot_use_is_answered_with_a_sentence(page):
    assert (read(page), message(page)[:24]) == (None, "Nothing is drawn yet. Dr")
    draw(page, (200, 200), (400, 200), (200, 230))  # the pointer is held beyond the edge
    assert "outside of the area is not seen" in message(page)
    assert read(page) is not None
    page.get_by_label("Shift to the right").fill("14")
    page.get_by_label("Shift down").fill("14")
    settle(page)
    assert re.search(r"Only \d+ % of the ink is still in the image", message(page))
    page.get_by_role("button", name="Clear").click()
    page.get_by_label("Width of the pen").fill("40")
    rows = [[(0, height), (279, height)][:: 1 if height % 60 else -1] for height in range(0, 300, 30)]
    draw(page, *itertools.chain(*rows), steps=1)
    assert "All of the area has one gray level" in message(page)
    assert read(page) is None
    page.get_by_label("Width of the pen").fill("22")
    page.get_by_role("button", name="Clear").click()
    draw(page, *SEVEN)
    page.get_by_label("Shift to the right").fill("0")
    page.get_by_label("Shift down").fill("0")
    settle(page)
    assert (read(page), message(page)) == (7, "")


def test_more_points_than_anybody_draws_are_answered_in_time(page):
    page.mouse.move(*place(page, (140, 140)))
    page.mouse.down()
    page.evaluate(
        """() => {
            const area = document.querySelector(".draw-area"), {left, top} = area.getBoundingClientRect();
            for (let index = 0; index < 25000; index++) {
                const [right, down] = [Math.sin(index), Math.cos(index * 1.7)].map(share => 140 + 100 * share);
                const [clientX, clientY] = [left + right, top + down];
                area.dispatchEvent(new PointerEvent("pointermove", {clientX, clientY, pointerId: 1, bubbles: true}));
            }
        }"""
    )
    page.mouse.up()
    settle(page)
    assert "After 20,000 points the pen is empty" in message(page)
    assert "More than half of the area is ink" in message(page)
    assert page.evaluate("drawADigit.state.strokes[0].points.length") == 20_000
    page.get_by_role("button", name="Undo").click()
    settle(page)
    assert message(page).startswith("Nothing is drawn yet")


def picture_file(image, name="digit.png"):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": buffer.getvalue()}


def test_a_photograph_is_read(page):
    photo = photographed(0)
    page.get_by_label("Or a photograph").set_input_files(picture_file(photo))
    page.wait_for_function("drawADigit.state.photo")
    settle(page)
    assert (read(page), LABELS[0], message(page)) == (7, 7, "")
    np.testing.assert_allclose(255 * seen(page), prepare(photo), atol=1)
    draw(page, (140, 60), (140, 220))  # which begins anew
    assert read(page) == 1


def test_a_large_photograph_is_made_smaller_before_it_is_read(page):
    photo = np.uint8(ndimage.zoom(photographed(0)[..., 0], 4, order=1))
    page.get_by_label("Or a photograph").set_input_files(picture_file(photo))
    page.wait_for_function("drawADigit.state.photo")
    settle(page)
    assert min(page.evaluate("[drawADigit.state.photo.width, drawADigit.state.photo.height]")) == 448
    assert read(page) == 7


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ({"name": "seven.txt", "mimeType": "text/plain", "buffer": b"7"}, "“seven.txt” is no picture"),
        ({"name": "empty.png", "mimeType": "image/png", "buffer": b""}, "“empty.png” is no picture"),
        (picture_file(np.zeros((6400, 6500), np.uint8), "large.png"), "“large.png” has 41.6 megapixels, at most 40"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_what_was_drawn_stays(file, sentence, page):
    draw(page, *SEVEN)
    page.get_by_label("Or a photograph").set_input_files(file)
    page.wait_for_function("document.querySelector('.live-message').textContent")
    assert message(page).startswith(sentence)
    settle(page)
    assert read(page) == 7


def test_a_photograph_without_ink_and_a_drop_without_a_file_are_answered(page):
    paper = np.random.default_rng(0).normal(180, 2, (300, 300)).astype(np.uint8)
    page.get_by_label("Or a photograph").set_input_files(picture_file(paper))
    page.wait_for_function("drawADigit.state.photo")
    settle(page)
    assert message(page).startswith("No ink stands out from the paper of this photograph")
    page.evaluate(
        "document.querySelector('.draw-area').dispatchEvent(new DragEvent('drop', {dataTransfer: new DataTransfer()}))"
    )
    page.wait_for_function("document.querySelector('.live-message').textContent.startsWith('What was dropped')")


@pytest.mark.parametrize("fault", ["missing", "cut off", "without TensorFlow.js"])
def test_without_a_file_the_page_names_it_and_goes_on_preparing(fault, browser, folder, tmp_path):
    shutil.copytree(folder / "live", tmp_path / "live")
    networks = tmp_path / "live" / "networks.js"
    networks.write_bytes(networks.read_bytes()[:100_000])
    left_out = {"missing": "networks", "cut off": "", "without TensorFlow.js": "tf.es2017.min"}[fault]
    (tmp_path / "page.html").write_text(page_with(*(name for name in SCRIPTS if name != left_out)), encoding="utf-8")
    page, _ = opened(browser, tmp_path / "page.html")
    name = "tf.es2017.min.js" if fault.startswith("without") else "networks.js"
    assert f"the file _static/live/{name} is missing or cut off" in page.get_by_role("alert").text_content()
    draw(page, *SEVEN)
    assert (read(page), seen(page).max()) == (None, 1)
    page.close()
