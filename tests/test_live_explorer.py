# ruff: noqa: F811 (a fixture of another file)
"""The page `convolution_explorer` in a real browser: its maps are those of the package, pointer and keys move the
kernel, and what it cannot use it answers with a sentence.

It is opened by itself, with its scripts and the colors of the theme; the whole of it is looked at in test_pages.
"""

import base64
import gzip
import itertools
import json
import re
import shutil
from pathlib import Path

import live_data
import numpy as np
import pairs
import pydata_sphinx_theme
import pytest
import sphinx_book_theme
from test_pages import browser  # noqa: F401

from mnist_utils.convolution import cross_correlate, output_size
from mnist_utils.dataset import load_mnist

pytestmark = pytest.mark.training
STYLES = [
    Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static/styles/pydata-sphinx-theme.css",
    Path(sphinx_book_theme.__file__).parent / "theme/sphinx_book_theme/static/styles/sphinx-book-theme.css",
    pairs.ROOT / "assets/book.css",
]
(IMAGES, LABELS), (TEST_IMAGES, TEST_LABELS) = load_mnist()
CHAPTER = (pairs.CHAPTERS / "convolution_explorer.md").read_text(encoding="utf-8")
SCRIPTS = [*re.search(r":needs: (.*)", CHAPTER).group(1).split(), "live", "convolution_explorer"]
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Explorer</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{styles}{scripts}
<body><main class="bd-article"><h1>Explorer</h1>
<div class="live" data-live="convolution_explorer"><div class="live-without-scripts">A figure.</div></div></main></body>
</html>"""
PRESETS = {
    "vertical edges": [[-1, 0, 1]] * 3,
    "horizontal edges": np.transpose([[-1, 0, 1]] * 3),
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "Laplacian": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "blur": np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]]) / 8,
}


CASES = list(itertools.product([1, 2, 3], ["valid", "same"]))
HELPERS = """
const control = title => [...document.querySelectorAll(".explorer label")].find(l => l.textContent == title).control;
const tell = element => element.dispatchEvent(new Event("input", { bubbles: true }));
window.reset = () => {
    for (const title of ["ReLU", "Max pooling"]) control(title).checked = false;
    for (const [title, value] of [["Digit", 5], ["Stride", 1], ["Padding", "valid"]]) control(title).value = value;
    control("Kernel").value = "vertical edges";
    tell(control("Kernel"));
};
window.maps = ([digit, kernel, cases]) => {  // the maps of a kernel, with one call in place of dozens, as text: faster
    control("Digit").value = digit;
    document.querySelectorAll(".explorer-cells input").forEach((field, index) => { field.value = kernel[index]; });
    return JSON.stringify(cases.map(([stride, padding]) => {
        control("Stride").value = stride;
        control("Padding").value = padding;
        tell(control("Padding"));
        return convolutionExplorer.map;
    }));
};
"""


def open_page(browser, address, width=1280, digits=None, **settings):
    """Return a page with the explorer, and what goes wrong in it; another text may stand in for its file of digits."""
    page, faults = browser.new_page(viewport={"width": width, "height": 900}, **settings), []
    if digits is not None:
        page.route("**/digits.js*", lambda route: route.fulfill(body=digits, content_type="text/javascript"))
    page.on("request", lambda request: faults.append(request.url) if request.url.startswith("http") else None)
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.add_init_script(HELPERS)
    page.goto(address)
    page.wait_for_selector(".explorer")
    return page, faults


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the page, its scripts, and the digits that the build writes."""
    folder = tmp_path_factory.mktemp("explorer")
    shutil.copytree(pairs.ROOT / "assets" / "live", folder / "live")
    digits = f"window.digits = {json.dumps(live_data.digits())};"
    (folder / "live" / "digits.js").write_text(digits, encoding="utf-8")
    styles = "".join(f'<link rel="stylesheet" href="{path.as_uri()}">' for path in STYLES)
    scripts = "".join(f'<script defer src="live/{name}.js"></script>' for name in SCRIPTS)
    (folder / "page.html").write_text(PAGE.format(styles=styles, scripts=scripts), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def address(folder):
    return (folder / "page.html").as_uri()


@pytest.fixture(scope="module")
def shared(browser, address):
    page, faults = open_page(browser, address)
    yield page
    assert faults == []
    page.close()


@pytest.fixture
def page(shared):
    """The page as it opens, without loading it again."""
    shared.evaluate("reset()")
    return shared


def choose(page, digit=None, kernel=None, stride=None, padding=None):
    """Choose what is given, with the page's own controls."""
    for label, value in {"Digit": digit, "Kernel": kernel, "Padding": padding}.items():
        if value is not None:
            page.get_by_label(label, exact=True).select_option(value)
    if stride is not None:
        page.get_by_label("Stride").fill(str(stride))


def write_kernel(page, kernel):
    for (row, column), weight in np.ndenumerate(kernel):
        weight_field(page, row, column).fill(str(weight))


def weight_field(page, row, column):
    return page.get_by_label(f"weight in row {row}, column {column} of the kernel")


def square(page, name):
    """Return the map, or the pooled map, that the page shows."""
    found = json.loads(page.evaluate(f"JSON.stringify(convolutionExplorer.{name})"))
    return np.reshape(found["values"], (found["size"], found["size"]))


def place(page):
    """Return row and column of the place, as the page says them."""
    return tuple(map(int, re.match(r"Row (\d+), column (\d+) ", page.locator("#explorer-place").inner_text()).groups()))


def plain(text):
    """Return a text of the page with the signs of a keyboard."""
    return text.replace("\N{MINUS SIGN}", "-").replace("\N{MULTIPLICATION SIGN}", "x")


def text_of(page):
    return plain(page.locator(".explorer").inner_text())


def numbers(text):
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", plain(text))]


def centre(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def first_digits():
    """The first training image of each class, from 0 to 1."""
    return IMAGES[[np.argmax(label == LABELS) for label in range(10)]] / 255


def message(page):
    return plain(page.get_by_role("status").inner_text())


def script_of_digits(images, labels):
    """Return what a file digits.js with these digits says."""
    packed = {"images": gzip.compress(images.tobytes(), mtime=0), "labels": labels.tobytes()}
    coded = {name: base64.b64encode(data).decode() for name, data in packed.items()}
    return f"window.digits = {json.dumps({'training': len(images), 'validation': 0, **coded})};"


def test_maps_of_random_kernels_on_twenty_digits_are_those_of_the_package(browser, page, address):
    chosen = np.array([np.argmax(label == TEST_LABELS) for label in range(10)])
    other, _ = open_page(browser, address, digits=script_of_digits(TEST_IMAGES[chosen], TEST_LABELS[chosen]))
    generator = np.random.default_rng(seed=0)
    for shown, digits in [(page, first_digits()), (other, TEST_IMAGES[chosen] / 255)]:
        for label, digit in enumerate(digits):
            kernel = generator.normal(size=(3, 3))
            maps = json.loads(shown.evaluate("maps", [label, kernel.ravel().tolist(), CASES]))
            for (stride, padding), found in zip(CASES, maps, strict=True):
                expected = cross_correlate(digit, kernel, stride, padding)
                np.testing.assert_allclose(found["values"], expected.ravel(), atol=1e-5, rtol=0)
    other.close()


@pytest.mark.parametrize("name", PRESETS)
def test_a_named_kernel_is_put_into_the_fields(name, page):
    choose(page, kernel=name)
    shown = [[float(weight_field(page, row, column).input_value()) for column in range(3)] for row in range(3)]
    assert shown == np.asarray(PRESETS[name]).tolist()
    np.testing.assert_allclose(square(page, "map"), cross_correlate(first_digits()[5], shown), atol=1e-5)
    assert page.get_by_label("Kernel", exact=True).input_value() == name


def test_the_page_opens_at_the_first_sum_of_the_lesson(browser, address):
    opened, faults = open_page(browser, address)
    expected = ([[-1, 0, 1]] * 3 * IMAGES[0, 9:12, 10:13].astype(int)).sum() / 255
    assert place(opened) == (9, 10)
    assert numbers(opened.locator(".explorer-cells + p").inner_text()) == [pytest.approx(expected, abs=0.0005)]
    assert faults == []
    opened.close()


def test_relu_and_max_pooling_follow_the_map(page):
    choose(page, kernel="Laplacian", stride=2)
    page.get_by_label("ReLU").check()
    page.get_by_label("Max pooling").check()
    expected = np.maximum(cross_correlate(first_digits()[5], PRESETS["Laplacian"], 2), 0)
    np.testing.assert_allclose(square(page, "map"), expected, atol=1e-5)
    np.testing.assert_allclose(
        square(page, "pooled"), expected[:12, :12].reshape(6, 2, 6, 2).max(axis=(1, 3)), atol=1e-5
    )
    assert "⌊13 / 2⌋ = 6 numbers on a side" in text_of(page)


@pytest.mark.parametrize(("stride", "padding"), itertools.product([1, 2, 3, 26, 28], ["valid", "same"]))
def test_the_size_of_the_map_is_worked_out_by_the_formula_of_the_book(stride, padding, page):
    choose(page, stride=stride, padding=padding)
    size = output_size(28, 3, stride, padding)
    formula = {"valid": f"⌊(28 - 3) / {stride}⌋ + 1 = {size} ", "same": f"⌈28 / {stride}⌉ = {size} "}[padding]
    assert formula in text_of(page)
    assert square(page, "map").shape == (size, size)


def test_the_nine_products_are_those_of_the_place_and_change_with_a_weight(page):
    kernel = np.array(PRESETS["Laplacian"], float)
    choose(page, kernel="Laplacian", stride=2, padding="same", digit="8")
    digit = page.get_by_role("application")
    digit.scroll_into_view_if_needed()
    page.mouse.click(*centre(digit))
    for weight in (-4, 2.5):
        kernel[1, 1] = weight
        weight_field(page, 1, 1).fill(str(weight))
        row, column = place(page)
        pixels = np.pad(first_digits()[8], [(0, 1), (0, 1)])[2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
        assert pixels.any()
        shown = page.locator(".explorer-cells > div").all_inner_texts()
        found = [[numbers(text)[0], numbers(text)[-1]] for text in shown]
        np.testing.assert_allclose(found, np.stack([pixels, pixels * kernel], -1).reshape(9, 2), atol=0.0006)
        line = page.locator("#explorer-place").inner_text()
        assert numbers(line.split("Sum")[1])[0] == pytest.approx((pixels * kernel).sum(), abs=0.0006)
        assert len(numbers(line.split("Products:")[1].split("Sum")[0])) == 9
    assert page.get_by_label("Kernel", exact=True).input_value() == "your own"


def test_the_arrow_keys_move_the_kernel_and_stop_at_the_border(page):
    digit = page.get_by_role("application")
    digit.focus()
    page.keyboard.press("Home")
    row, column = place(page)
    assert column == 0
    for key, move in {"ArrowRight": (0, 1), "ArrowDown": (1, 0), "ArrowUp": (-1, 0), "ArrowLeft": (0, -1)}.items():
        page.keyboard.press(key)
        row, column = row + move[0], column + move[1]
        assert place(page) == (row, column), key
    page.keyboard.press("ArrowLeft")
    assert place(page) == (row, 0)
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    assert place(page) == (row, 25)
    assert page.locator("#explorer-place").get_attribute("aria-live") == "polite"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.ariaLabel") == "weight in row 0, column 0 of the kernel"


def test_a_pointer_drags_the_kernel_and_the_marks_follow(page):
    choose(page, stride=3, padding="same")
    digit = page.get_by_role("application")
    digit.scroll_into_view_if_needed()
    box = digit.bounding_box()
    cell = box["width"] / 30  # with the margin in which the zeros lie
    page.mouse.move(box["x"] + 15 * cell, box["y"] + 15 * cell)
    page.mouse.down()
    page.mouse.move(box["x"] + 1.5 * cell, box["y"] + 10.5 * cell, steps=5)  # onto the pixel in row 9, column 0
    assert place(page) == (3, 0)
    assert page.locator("#explorer-place").get_attribute("aria-live") == "off"
    mark = digit.locator("div").bounding_box()
    assert mark["x"] - box["x"] == pytest.approx(0, abs=1)  # column -1, in the margin
    assert mark["y"] - box["y"] == pytest.approx(9 * cell, abs=1)
    page.mouse.move(box["x"] + 2 * box["width"], box["y"] - 50)  # out of the picture
    assert place(page) == (0, 9)
    page.mouse.up()
    page.mouse.move(box["x"] + 15 * cell, box["y"] + 15 * cell)
    assert place(page) == (0, 9)


def test_a_click_on_the_map_takes_the_kernel_there(page):
    shown = page.get_by_role("img", name="A map of 26 by 26").first
    shown.scroll_into_view_if_needed()
    box = shown.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 20.5 / 26, box["y"] + box["width"] * 4.5 / 26)
    assert place(page) == (4, 20)
    mark = shown.locator("div").first.bounding_box()
    assert mark["x"] - box["x"] == pytest.approx(box["width"] * 20 / 26, abs=1)


def test_a_finger_moves_the_kernel(browser, address):
    phone, faults = open_page(browser, address, width=390, has_touch=True, is_mobile=True)
    digit = phone.get_by_role("application")
    digit.scroll_into_view_if_needed()
    box = digit.bounding_box()
    phone.touchscreen.tap(box["x"] + box["width"] * 5.5 / 30, box["y"] + box["width"] * 20.5 / 30)
    assert place(phone) == (18, 3)
    assert faults == []
    phone.close()


def drawn(page):
    """How many numbers of the map are drawn."""
    return page.evaluate("""() => {
        const canvas = document.querySelector("[aria-label^='A map'] canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((value, index) => index % 4 === 3 && value > 0).length;
    }""")


def test_the_map_grows_while_the_kernel_slides_and_is_whole_again_when_it_stops(page):
    choose(page, stride=3)
    page.get_by_role("button", name="Slide").click()
    assert drawn(page) < 81
    row, column = place(page)
    assert 9 * row + column < 80
    page.wait_for_function("document.querySelector('#explorer-place').textContent.startsWith('Row 8, column 8')")
    page.get_by_role("button", name="Slide").wait_for()
    assert drawn(page) == 81
    page.get_by_role("button", name="Slide").click()
    page.get_by_role("button", name="Stop").click()
    assert place(page) != (8, 8) and drawn(page) == 81


def test_who_wants_less_motion_gets_no_sliding(browser, address):
    calm, faults = open_page(browser, address, reduced_motion="reduce")
    assert calm.get_by_role("button", name="Slide").count() == 0
    assert faults == []
    calm.close()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "is empty or no number: write a number from -1000 to 1000. Until then, -1 counts."),
        ("-", "is empty or no number"),
        ("1e9", "cannot be 1000000000: write a number from -1000 to 1000"),
        ("1e999", "is empty or no number"),
        ("-1000.5", "cannot be -1000.5"),
    ],
)
def test_a_weight_that_is_none_is_answered_and_the_last_one_stays(typed, said, page):
    before = square(page, "map")
    field = weight_field(page, 1, 0)
    field.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(typed)  # at once: on its way to 1e9, a typist passes 1
    assert f"The weight in row 1, column 0 of the kernel {said}" in message(page)
    assert field.get_attribute("aria-invalid") == "true"
    np.testing.assert_array_equal(square(page, "map"), before)
    field.fill("1000")
    assert message(page) == ""
    assert np.abs(square(page, "map")).max() > 900


@pytest.mark.parametrize("typed", ["", "0", "2.5", "-1", "29", "1e9"])
def test_a_stride_that_is_none_is_answered_and_the_last_one_stays(typed, page):
    choose(page, stride=2)
    choose(page, stride=typed)
    assert "write a whole number from 1 to 28. Until then, 2 counts." in message(page)
    assert square(page, "map").shape == (13, 13)


def test_a_stride_that_leaves_one_place_is_explained(page):
    page.get_by_label("Max pooling").check()
    choose(page, stride=26)
    text = text_of(page)
    assert "The kernel has one place only: a second one would lie beyond the image." in text
    assert "One number has no block of 2 x 2: choose a smaller stride." in text
    assert square(page, "pooled").shape == (0, 0)


def test_an_empty_kernel_of_zeros_gives_an_even_map(page):
    write_kernel(page, np.zeros((3, 3), int))
    assert "All of them are 0." in text_of(page)
    assert not square(page, "map").any()


@pytest.mark.parametrize("kept", [0, 0.999])
def test_without_the_whole_file_of_digits_there_is_a_ring_to_look_at(kept, browser, folder, address):
    text = (folder / "live" / "digits.js").read_text()
    page, _ = open_page(browser, address, digits=text[: int(kept * len(text))])
    assert "_static/live/digits.js is missing or cut off" in message(page)
    assert page.get_by_label("Digit", exact=True).locator("option").all_inner_texts() == ["ring"]
    before = place(page)
    page.get_by_role("application").press("ArrowRight")
    assert place(page) == (before[0], before[1] + 1)
    assert np.ptp(square(page, "map")) > 1
    page.close()


def test_images_that_were_cut_off_inside_a_whole_script_are_noticed(browser, address):
    page, faults = open_page(browser, address, digits=script_of_digits(IMAGES[:5], LABELS[:50]))
    assert "is missing or cut off" in message(page)
    assert faults == []
    page.close()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1400])
def test_the_explorer_has_no_barrier_and_never_scrolls_sideways(width, color_scheme, page):
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate(f"document.documentElement.dataset.theme = {color_scheme!r}")
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_label("Max pooling").check()
    weight_field(page, 0, 0).fill("")
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    options = {"preload": False, "resultTypes": ["violations"], "runOnly": rules}
    found = Axe().run(page, context=".bd-article", options=options).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sizes = page.locator(".explorer :is(select, button, input:not([type=checkbox]), label:has(+ [type=checkbox]))")
    assert min(box["height"] for box in (item.bounding_box() for item in sizes.all()) if box) >= 44
