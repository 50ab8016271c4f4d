"""The strict build of the whole book into a temporary folder, and its pages in a real browser."""

import functools
import gzip
import hashlib
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import types
import urllib.request
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote, urldefrag, urlsplit

import book_pages
import pairs
import pytest
import take_home
from filelock import FileLock
from jupyter_cache import get_cache

pytestmark = pytest.mark.training
ROOT = pairs.ROOT
PAGES = pairs.pages()
LIVE = ("chapters/draw_a_digit", "chapters/train_here", "chapters/convolution_explorer")
OF_EACH_KIND = (*LIVE, "chapters/claims", "chapters/data/files")


def build(source, folder):
    """Run the build that `make book` runs, with its results in another folder."""
    command = shutil.which("jupyter-book", path=Path(sys.executable).parent)
    run = subprocess.run(
        [command, "build", str(source), "--path-output", str(folder), "-W", "-n", "--keep-going"],
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    return run.returncode, run.stdout + run.stderr


@pytest.fixture(scope="session")
def book(book_folder, executed_notebooks):
    """The folder with the pages of the strictly built book, which executes what this run has not executed before.

    The first worker that needs it builds it for all.
    """
    said = book_folder / "said.json"
    with FileLock(book_folder / "building.lock"):
        if not said.exists():
            cache = get_cache(book_folder / "_build" / ".jupyter_cache")
            for path in executed_notebooks:
                cache.cache_notebook_file(str(path))
            said.write_text(json.dumps(build(ROOT, book_folder)), encoding="utf-8")
    status, output = json.loads(said.read_text(encoding="utf-8"))
    assert status == 0, output[-6000:]
    return book_folder / "_build" / "html"


class Links(HTMLParser):
    """Collects the anchors of a page, and what it links to."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.targets = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors.add(attributes.get("id"))
        for name in ("href", "src"):
            if attributes.get(name):
                self.targets.add(attributes[name])


def test_every_link_inside_the_book_leads_somewhere(book):
    paths = [path for path in book.rglob("*.html") if "_static" not in path.parts]
    pages = {path: Links(path.read_text(encoding="utf-8")) for path in paths}
    assert len(pages) > len(PAGES)
    broken = []
    for path, links in pages.items():
        for target in links.targets:
            address, fragment = urldefrag(target)
            if re.match(r"[a-z]+:|//", address):
                continue
            linked = (path.parent / unquote(address.split("?")[0])).resolve() if address else path
            if not linked.exists() or (fragment and linked in pages and unquote(fragment) not in pages[linked].anchors):
                broken.append(f"{path.name}: {target}")
    assert broken == []


def test_the_claims_of_the_book_are_listed_with_those_first_that_this_build_could_have_failed(book):
    claims = json.loads((book / "claims.json").read_text(encoding="utf-8"))
    page = (book / "chapters" / "claims.html").read_text(encoding="utf-8")
    rows = re.findall(r'<tr data-part="[a-z]+" data-kind="[^"]+"><td><a [^>]*#claim-([\w-]+)"', page)
    assert rows == [claim["name"] for claim in claims]
    assert len(rows) > 100
    margins = [claim["margin"] for claim in claims if claim["kind"] == "trained" and claim["margin"] is not None]
    assert [claim["kind"] for claim in claims[: len(margins)]] == ["trained"] * len(margins)
    assert margins == sorted(margins) and 0 <= margins[0] < margins[-1] <= 1


def test_a_number_leads_to_its_check_which_is_folded_under_a_summary_that_counts(book):
    page = (book / "chapters" / "data" / "sets.html").read_text(encoding="utf-8")
    folds = re.findall(r'<details class="fold[^"]*">\n<summary>(\d+) checks?</summary>(.*?)</details>', page, re.DOTALL)
    assert folds
    for count, fold in folds:
        assert fold.count('class="claim"') == int(count)
    quoted = re.findall(
        r'<a class="checked[^"]*" href="#claim-([\w-]+)"><span class="pasted-text">[^<]+</span></a>', page
    )
    assert quoted
    for name in quoted:
        assert f'id="claim-{name}"' in page


def test_answers_show_the_plots_that_were_asked_for(book):
    page = (book / "chapters" / "answers.html").read_text(encoding="utf-8")
    shown = re.findall(r'<img alt="([^"]+)"[^>]* src="([^"]+)"', page)
    assert len(shown) == (ROOT / "chapters" / "answers.md").read_text(encoding="utf-8").count("{picture-of}") >= 5
    for text, path in shown:
        assert len(text.split()) >= 8 and (book / "chapters" / path).exists()


def test_pages_show_no_raw_markup_and_no_path_of_this_machine(book):
    for path in (book / "chapters").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for raw in ("{glue:", "{ref}", "{numref}", "{eq}", "{term}", "{cite", str(ROOT), str(Path.home()) + "/"):
            assert raw not in text, f"{path.name} shows {raw!r}"


def test_no_page_shows_a_warning(book):
    # TensorFlow prints its warnings to stdout in a notebook, where the strict build does not look for them.
    for path in (book / "chapters").rglob("*.html"):
        assert "WARNING:" not in path.read_text(encoding="utf-8"), f"{path.name} shows a warning"


def test_vendored_scripts_have_the_checksums_that_their_readme_states():
    stated = dict(re.findall(r"\| `(\S+)` \| `([0-9a-f]{64})` \|", (ROOT / "assets" / "README.md").read_text()))
    assets = ROOT / "assets"
    vendored = [*(assets / "mathjax").rglob("*.*"), *assets.glob("live/tf.*")]
    assert sorted(stated) == sorted(path.relative_to(assets).as_posix() for path in vendored)
    for name, checksum in stated.items():
        assert hashlib.sha256((ROOT / "assets" / name).read_bytes()).hexdigest() == checksum, name


@pytest.mark.parametrize("attempt", ["first", "again, with what the first left in the cache"])
def test_a_failing_cell_fails_the_build_with_chapter_cell_and_traceback(attempt, tmp_path_factory):
    source = tmp_path_factory.getbasetemp() / "failing"
    if not source.exists():
        (source / "chapters").mkdir(parents=True)
        for name in ("assets", "tools"):
            shutil.copytree(ROOT / name, source / name)
        for name in ("_config.yml", "references.bib"):
            shutil.copy(ROOT / name, source / name)
        (source / "_toc.yml").write_text("format: jb-book\nroot: chapters/broken\n")
        header = (ROOT / "chapters" / "data" / "files.md").read_text(encoding="utf-8").split("\n---\n", 1)[0]
        cell = "```{code-cell} ipython3\nnumber_of_cats = 1 / 0\n```"
        (source / "chapters" / "broken.md").write_text(f"{header}\n---\n\n# Broken\n\n{cell}\n", encoding="utf-8")
    status, output = build(source, source)
    assert status != 0, f"{attempt}: the build passed"
    for part in ("chapters/broken", "number_of_cats = 1 / 0", "ZeroDivisionError"):
        assert part in output, f"{attempt}: the output lacks {part!r}"


@pytest.fixture(scope="module")  # its event loop is over before the tests of another file
def browser():
    if take_home.BROWSER is None:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("no Chromium on this machine: pages are not looked at in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        yield playwright.chromium.launch(executable_path=take_home.BROWSER, args=arguments)


def watched(page, inside):
    """Return a list to which what goes wrong in a page is added, such as a request outside of an address."""
    faults = []
    page.on("request", lambda request: None if request.url.startswith(inside) else faults.append(request.url))
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    return faults


@pytest.fixture(scope="module", params=PAGES)
def opened(request, book, browser):
    """A page, opened once from its folder, as a double-click does; what went wrong; and the files that it loaded."""
    page, files = browser.new_page(), set()
    faults = watched(page, ("file:", "data:", "blob:"))
    page.on("requestfinished", lambda request: files.add(Path(unquote(urlsplit(request.url).path))))
    page.goto((book / f"{request.param}.html").as_uri())
    page.wait_for_function("() => !window.MathJax || (MathJax.startup && MathJax.startup.promise)")
    page.evaluate("async () => { if (window.MathJax) await MathJax.startup.promise; await document.fonts.ready }")
    yield page, faults, files
    page.close()


@pytest.fixture
def view(opened):
    """A function that shows the page in a window of some width, in light or dark colors, and returns it."""
    page, *_ = opened

    def show(width=1280, color_scheme="light"):
        page.emulate_media(color_scheme=color_scheme)
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(f"() => document.documentElement.dataset.theme == {color_scheme!r}")
        return page

    return show


def test_a_page_opens_from_its_folder_without_a_network_and_without_errors(opened):
    page, faults, _ = opened
    assert faults == []
    assert page.locator("mjx-merror").count() == 0
    formulas = page.locator(".bd-article .math").count()
    assert page.locator(".bd-article mjx-container").count() >= formulas


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_a_page_never_scrolls_sideways(width, view):
    assert view(width).evaluate("document.documentElement.scrollWidth") <= width


# axe takes seconds for the thousands of words in the code of a page, most of which look the same. Contrast is measured
# on one of each look, which is all that it depends on here: no text of the book lies on a picture. The other words of
# code with the same class and look lose the element around them.
MARK_EACH_LOOK = """() => {
    const looks = new Set(), words = new Set(), known = [];
    const ground = element => {
        if (!element) return "";
        const style = getComputedStyle(element);
        return `${style.backgroundColor} ${style.backgroundImage} ${style.opacity} on ${ground(element.parentElement)}`;
    };
    for (const element of document.querySelectorAll("body *")) {
        if (![...element.childNodes].some(node => node.nodeType == Node.TEXT_NODE && node.data.trim())) continue;
        const style = getComputedStyle(element);
        if (!element.checkVisibility() || style.position == "absolute") continue;
        const word = `${style.color} ${style.fontSize} ${style.fontWeight} ${!!element.closest("a")}`;
        const look = `${word} on ${ground(element)}`;
        element.toggleAttribute("data-look", !looks.has(look));
        looks.add(look);
        if (!element.matches(".highlight pre span:not([id])") || element.children.length) continue;
        if (words.has(`${element.className} ${look}`)) known.push(element);
        words.add(`${element.className} ${look}`);
    }
    known.forEach(element => element.replaceWith(...element.childNodes));
    return looks.size;
}"""
ONE_OF_EACH_LOOK = 'axe.configure({rules: [{id: "color-contrast", selector: "[data-look]"}]})'
LEVELS = {"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"}
# What may differ in other colors and on a phone.
CHANGED = {"runOnly": ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]}


@pytest.mark.parametrize(("width", "color_scheme", "rules"), [(1400, "light", {}), (320, "dark", CHANGED)])
def test_a_page_has_no_barrier(width, color_scheme, rules, view):
    from axe_playwright_python.base import AXE_SCRIPT
    from axe_playwright_python.sync_playwright import Axe

    page = view(width, color_scheme)
    assert page.evaluate(MARK_EACH_LOOK) >= 5
    # Without the details of what passed, which take longer; what stands around the article is the same on all pages.
    options = {"resultTypes": ["violations"], **rules}
    context = None if page.url.endswith("intro.html") else ".bd-article"
    script = "" if page.evaluate("'axe' in window") else f"{AXE_SCRIPT}; {ONE_OF_EACH_LOOK}"
    results = Axe(script).run(page, context=context, options=options)
    faults = [
        f"{fault['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for fault in results.response["violations"]
        if fault["impact"] in ("serious", "critical") or LEVELS.intersection(fault["tags"])
        for node in fault["nodes"]
    ]
    assert faults == []


def test_figures_say_in_words_what_they_show_and_keep_their_shape_on_a_phone(view):
    shown_now = [image for image in view(width=390).locator(".bd-article img").all() if image.is_visible()]
    for image in shown_now:  # on a live page, scripts have hidden the figure that stands there without them
        text = image.get_attribute("alt") or ""
        assert len(text.split()) >= 8, f"alt text {text!r}"
        shown = image.evaluate("i => (i.clientWidth / i.clientHeight) / (i.naturalWidth / i.naturalHeight)")
        assert shown == pytest.approx(1, abs=0.1), f"{text!r} is distorted"


def test_a_page_with_all_it_loads_is_under_a_megabyte_compressed(opened):
    _, _, files = opened
    assert len(files) > 5
    sizes = {path: min(len(gzip.compress(path.read_bytes())), path.stat().st_size) for path in files}
    of_demo = sum(size for path, size in sizes.items() if path.parent.name == "live")
    assert sum(sizes.values()) - of_demo < 1_000_000
    assert of_demo < 1_200_000


@pytest.fixture(scope="module")
def served(book):
    """The address of the pages on a server of this machine."""
    handler = functools.partial(QuietHandler, directory=book)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def test_a_server_gives_a_page_and_all_that_it_loads(opened, book, served):
    _, _, files = opened
    for path in files:
        with urllib.request.urlopen(served + quote(path.relative_to(book).as_posix())) as answer:
            assert answer.status == 200 and answer.read() == path.read_bytes(), path
            for suffix, kind in ((".html", "text/html"), (".css", "text/css"), (".js", "text/javascript")):
                assert path.suffix != suffix or answer.headers.get_content_type() == kind, path


def test_pages_of_each_kind_open_from_a_server_too(served, browser):
    page = browser.new_page()
    faults = watched(page, (served, "data:", "blob:"))
    for name in OF_EACH_KIND:
        page.goto(f"{served}{name}.html")
        assert page.locator("article h1").is_visible()
    page.close()
    # The icon of a page that was left before it came.
    assert [fault for fault in faults if not re.fullmatch(r"failed: .*/favicon\.svg", fault)] == []


def test_a_page_runs_no_script_that_is_not_the_books(book, browser):
    for name in PAGES:
        assert (book / f"{name}.html").read_text(encoding="utf-8").count(book_pages.POLICY_TAG) == 1, name
    page = browser.new_page()
    page.goto((book / "chapters" / "answers.html").as_uri())
    inject = """() => {
        const script = document.createElement("script");
        script.textContent = "window.injected = true";
        document.body.append(script);
        const image = new Image();
        image.src = "https://example.org/pixel.png";
        return new Promise(done => { image.onerror = () => done(window.injected); });
    }"""
    refused = []
    page.on("console", lambda message: refused.append(message.text))
    assert page.evaluate(inject) is None
    assert sum("Content Security Policy" in text for text in refused) == 2
    page.close()


def test_the_search_finds_a_word_from_the_folder_without_an_error(book, browser):
    page = browser.new_page()
    faults = watched(page, "file:")
    page.goto(f"{(book / 'search.html').as_uri()}?q=softmax")
    page.wait_for_selector("#search-results li a")
    found = page.locator("#search-results li a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert any("network/parameters.html" in address for address in found)
    page.locator("#search-results li a").first.click()
    page.wait_for_selector("article h1")
    page.close()
    assert faults == []


def test_the_switch_of_the_theme_turns_a_page_dark(book, browser):
    page = browser.new_page(color_scheme="light")
    page.goto((book / "chapters" / "answers.html").as_uri())
    seen = set()
    for _ in range(3):  # auto, light, dark
        page.locator(".theme-switch-button:visible").first.click()
        seen.add(
            page.evaluate("[document.documentElement.dataset.theme, getComputedStyle(document.body).color].join()")
        )
    assert len(seen) == 2
    page.close()


def test_a_quiz_is_answered_with_the_keyboard(book, browser):
    page = browser.new_page()
    page.goto((book / "chapters" / "data" / "files.html").as_uri())
    option = page.locator("section[id=quiz] details").first
    told = option.locator(".sd-summary-content")
    option.locator("summary").focus()
    assert not told.is_visible()
    page.keyboard.press("Enter")
    assert re.match(r"(Right|No)\. \w+", told.inner_text().strip())
    page.close()


def test_where_no_script_runs_the_book_is_still_read(book, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for name in OF_EACH_KIND:
        page.goto((book / f"{name}.html").as_uri())
        assert page.locator("article h1").is_visible()
        shells = page.locator(".live-without-scripts").all()
        assert bool(shells) == (name in LIVE)
        for shell in shells:
            assert (
                shell.is_visible() and shell.locator("img").first.is_visible() and len(shell.inner_text().split()) > 10
            )
    page.goto((book / "chapters" / "claims.html").as_uri())
    assert page.locator("table.claims tbody tr").first.is_visible()
    page.goto((book / "chapters" / "data" / "files.html").as_uri())
    option = page.locator("section[id=quiz] details").first
    option.locator("summary").click()
    assert option.locator(".sd-summary-content").is_visible()
    context.close()


def test_a_lesson_is_taken_home_from_its_page(book):
    for name in pairs.lessons():
        page = book / "chapters" / f"{name}.html"
        found = re.findall(r'href="([^"]*/downloads/[^"]+)"', page.read_text(encoding="utf-8"))
        originals = [pairs.NOTEBOOKS / f"{name}.ipynb", pairs.NOTEBOOKS / f"{name}.py", pairs.CHAPTERS / f"{name}.md"]
        assert [(page.parent / path).resolve().read_bytes() for path in found] == [of.read_bytes() for of in originals]


@pytest.mark.parametrize("address", ["", "https://example.org/somebody/digits"])
def test_lessons_are_launched_where_the_book_has_an_address_and_only_there(address):
    theme = types.SimpleNamespace(html_theme_options={"repository_url": address})
    context = {"header_buttons": [], "pathto": lambda name, resource: f"../{name}"}
    app = types.SimpleNamespace(config=theme)
    book_pages.add_downloads(app, "chapters/data/files", "", context, None)
    launched = [button["url"] for button in context["header_buttons"] if "url" in button]
    assert ["somebody/digits/HEAD?urlpath=lab/tree/notebooks/data/files.ipynb" in url for url in launched] == [
        True
    ] * bool(address)


def test_the_book_is_printed_with_all_its_lessons_links_and_solutions(book):
    text = take_home.printed(book)
    anchors = re.findall(r' id="([^"]+)"', text)
    assert len(anchors) == len(set(anchors))
    assert {target for target in re.findall(r'href="#([^"]+)"', text) if target not in anchors} == set()
    solutions = text.index('id="solutions"')
    assert text.count('class="solution"') == text[solutions:].count('class="solution"') > 50


def test_paper_has_numbered_pages_links_and_an_outline_and_cuts_nothing(book, browser, tmp_path):
    only = ("chapters/answers", "chapters/data/files", "chapters/hinton/five_factors")
    path = tmp_path / "book.pdf"
    assert take_home.print_book(browser, path, book, take_home.printed(book, only)) == []
    content = path.read_bytes()
    assert content.startswith(b"%PDF") and content.count(b"/Type /Page\n") > 10
    assert content.count(b"/Subtype /Link") > 30 and b"/Outlines" in content


def test_on_paper_nothing_of_a_page_is_cut(opened):
    page, *_ = opened
    page.emulate_media(media="print")
    page.evaluate("document.documentElement.style.fontSize = '10.5pt'")  # as make pdf has it
    page.set_viewport_size({"width": take_home.WIDTH + 2 * 16, "height": 900})  # with the padding of an article
    cut = page.evaluate(take_home.STICKS_OUT, ".bd-article")
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.emulate_media(media="screen")
    assert cut == []
