"""What readers take home, beside the pages of the book: the notebooks to run, and the book to print.

Usage: python tools/take_home.py archive|pdf      (after `make book`)
"""

import hashlib
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from urllib.parse import quote, unquote, urldefrag

import pairs
import yaml
from bs4 import BeautifulSoup
from sphinx_external_toc.parsing import parse_toc_yaml

HTML = pairs.ROOT / "_build" / "html"
NAME = "handwritten-digits"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
README = """# Handwritten Digits, Measured: the notebooks

The lessons of the book as notebooks, and the same as scripts, with the package that they use; MNIST is inside it. You
need Python 3.11, 3.12 or 3.13. In this folder, two commands set up an environment (2.5 GB) and open the notebooks:

```bash
python3 -m venv .venv && .venv/bin/python -m pip install --require-hashes -r requirements.lock
.venv/bin/jupyter lab --notebook-dir=notebooks
```

On Windows `py -3.12` takes the place of `python3`, and `.venv\\Scripts\\` that of `.venv/bin/`.
"""


def write_archive(path):
    """Write the archive of the course: notebooks, the wheel of `mnist_utils`, the lock file, and how to begin."""
    with tempfile.TemporaryDirectory() as folder:
        # From a copy: setuptools leaves folders where it builds.
        source = Path(folder) / "source"
        for name in ("mnist_utils", "studies", "results"):
            shutil.copytree(pairs.ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(pairs.ROOT / name, source)
        quiet = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation")
        subprocess.run([sys.executable, "-m", "pip", "wheel", *quiet, "--wheel-dir", folder, str(source)], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        lock = (pairs.ROOT / "requirements.lock").read_text(encoding="utf-8")
        own = f"./{wheel.name} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(wheel, f"{NAME}/{wheel.name}")
            archive.writestr(f"{NAME}/requirements.lock", lock + own)
            archive.writestr(f"{NAME}/README.md", README)
            archive.write(pairs.ROOT / "LICENSE", f"{NAME}/LICENSE")
            for notebook in pairs.generated():
                for pair in (notebook, notebook.with_suffix(".py")):
                    archive.write(pair, f"{NAME}/{pair.relative_to(pairs.ROOT).as_posix()}")


def articles(html):
    """Return the pages of the built book by name, each as the element of its article, whose links lead nowhere else."""
    found = {}
    for page in pairs.pages():
        soup = BeautifulSoup((html / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
        found[page] = soup.select_one("article.bd-article")
    for page, article in found.items():
        gather(article, page, set(found))
    return found


def gather(article, page, pages):
    """Give what an article names and links to names that stay apart when all articles stand in one file."""
    for of in article.find_all(id=True):
        of["id"] = place(page, of["id"])
    article["id"] = place(page, "")
    for row in article.select("table.claims tbody tr"):  # where a number leads to in print, as its check is not there
        row["id"] = claim_place(urldefrag(row.a["href"]).fragment)
    for of in article.find_all(["a", "img"]):
        key = "href" if of.name == "a" else "src"
        address, fragment = urldefrag(of.get(key, ""))
        if re.match(r"[a-z]+:|//", address) or not (address or fragment):
            continue
        linked = posixpath.normpath(posixpath.join(page, "..", unquote(address))) if address else f"{page}.html"
        name = linked.removesuffix(".html")
        if fragment.startswith("claim-") and name in pages:
            of[key] = f"#{claim_place(fragment)}"
        elif name in pages:
            of[key] = f"#{place(name, unquote(fragment))}"
        else:
            of[key] = quote(linked)


def place(page, anchor):
    return re.sub(r"[^\w-]", "-", page.removeprefix("chapters/")) + (f"--{anchor}" if anchor else "")


def claim_place(fragment):
    return f"checked--{fragment}"


def to_paper(article, soup):
    """Change an article into what stands on paper; return its solutions and the answers to its quiz, for the end."""
    for useless in article.select("script, style, .headerlink, .copybtn, .cell.checks"):
        useless.decompose()
    for shell in article.select(".live"):
        shell.unwrap()
    for fold in article.select("details.fold"):
        fold["open"] = ""
    at_end = []
    for solution in article.select("div.solution"):
        exercise = solution.find_previous("div", class_="exercise")
        title = solution.select_one(".admonition-title")
        title.clear()
        title.append(
            with_text(soup, "a", exercise.select_one(".admonition-title").get_text(), href=f"#{exercise['id']}")
        )
        title["class"] = ["solved"]
        solution["class"] = ["solution"]
        at_end.append(solution.extract())
    quiz = next((of for of in article.select("section") if of.get("id", "").endswith("--quiz")), None)
    for text in quiz.select("section > p")[:1] if quiz else []:
        text.decompose()  # it tells how to open the options
    answers = soup.new_tag("ol")
    questions = [] if quiz is None else [of for of in quiz.find_all(recursive=False) if of.name in ("p", "details")]
    options = None
    for element in questions:
        if element.name == "p":
            options = soup.new_tag("ul")
            element.insert_after(options)
            continue
        option = soup.new_tag("li")
        option.extend(list(element.select_one("summary .sd-summary-text").contents))
        options.append(option)
        told = element.select_one(".sd-summary-content")
        if told.get_text().strip().startswith("Right."):
            right = soup.new_tag("li")
            right.append(BeautifulSoup(f"<p>{option.decode_contents()}</p>", "html.parser"))
            right.extend(list(told.contents))
            answers.append(right)
        element.decompose()
    return at_end, answers if answers.contents else None


def lower(article):
    """Make the headings of an article one lower: the highest ones are those of parts."""
    for heading in article.find_all(re.compile("h[1-5]$")):
        heading.name = f"h{int(heading.name[1]) + 1}"


def with_text(soup, name, text, **attributes):
    """Return a new element with a text."""
    tag = soup.new_tag(name, **attributes)
    tag.string = text
    return tag


def printed(html, only=()):
    """Return the whole book as one page: title, contents, the lessons, then the solutions; or `only` these lessons."""
    first = BeautifulSoup((html / "chapters" / "intro.html").read_text(encoding="utf-8"), "html.parser")
    pages = articles(html)
    soup = BeautifulSoup(
        "<!DOCTYPE html><html lang='en' data-theme='light'><head></head><body></body></html>", "html.parser"
    )
    soup.head.append(with_text(soup, "title", first.title.string.split("—")[0].strip()))
    for of in first.head.find_all(["link", "script"]):
        styled = of.name == "link" and "stylesheet" in of.get("rel", [])
        if styled or "mathjax" in of.get("src", "").lower() or "MathJax" in (of.string or ""):
            for key in ("href", "src"):
                if of.get(key):
                    of[key] = of[key].removeprefix("../")
            soup.head.append(of)
    soup.head.append(with_text(soup, "style", STYLE))
    contents, solutions = soup.new_tag("ul"), soup.new_tag("section")
    main = soup.new_tag("main", attrs={"class": "bd-content"})
    solutions.append(with_text(soup, "h1", "Solutions", id="solutions"))
    main.append(contents)
    soup.body.append(main)
    for tree in parse_toc_yaml(pairs.ROOT / "_toc.yml").root.subtrees:
        inside = soup.new_tag("ul")
        part = soup.new_tag("li")
        part.append(tree.caption)
        part.append(inside)
        contents.append(part)
        main.append(with_text(soup, "h1", tree.caption))
        for page in [page for page in map(str, tree.files()) if not only or page in only]:
            article = pages[page]
            at_end, answers = to_paper(article, soup)
            lower(article)
            title = article.find("h2")
            title["class"] = ["lesson-title"]
            line = soup.new_tag("li")
            line.append(with_text(soup, "a", title.get_text().strip(), href=f"#{article['id']}"))
            inside.append(line)
            main.append(article)
            if at_end or answers:
                solutions.append(with_text(soup, "h2", title.get_text().strip()))
                solutions.extend(at_end)
            if answers:
                solutions.append(with_text(soup, "h3", "Quiz"))
                solutions.append(answers)
    opening = pages[pairs.pages()[0]]
    to_paper(opening, soup)
    main.insert(0, opening)
    settings = yaml.safe_load((pairs.ROOT / "_config.yml").read_text(encoding="utf-8"))
    cover = soup.new_tag("div", attrs={"class": "cover"})
    cover.extend([with_text(soup, "p", settings[key]) for key in ("title", "author", "copyright")])
    main.insert(0, cover)
    main.append(solutions)
    end = soup.new_tag("li")
    end.append(with_text(soup, "a", "Solutions", href="#solutions"))
    contents.append(end)
    contents.insert_before(with_text(soup, "h1", "Contents"))
    solutions["class"] = ["bd-article"]
    return str(soup)


STYLE = """
@page { size: A4; margin: 18mm 16mm 20mm; }
html { font-size: 10.5pt; }
body { background: #fff; }
.cover { height: 230mm; text-align: center; }
.cover p:first-child { font-size: 30pt; padding-top: 80mm; }
.solved { font-weight: 600; margin-top: 1.5rem; break-after: avoid; }
table.claims { table-layout: fixed; width: 100%; font-size: 7pt; }
table.claims :is(th, td):nth-child(1) { width: 20%; }
table.claims :is(th, td):nth-child(2) { width: 36%; }
table.claims :is(th, td):nth-child(5) { width: 11%; }
table.claims :is(th, td):nth-child(6) { width: 8%; }
main { display: block; max-width: 182mm; margin: 0 auto; }
h1, .lesson-title { break-before: page; }
h1 + article .lesson-title { break-before: auto; }
.bd-content article.bd-article { padding: 0; }
"""
FOOTER = (
    '<div style="width: 100%; font-size: 8pt; text-align: center; color: #444">'
    '<span class="pageNumber"></span> / <span class="totalPages"></span></div>'
)


WIDTH = 688  # of the text on paper, in pixels
# What a page of paper would cut off, if anything: its beginning, and by how many pixels it sticks out.
STICKS_OUT = """frame => {
    const edge = document.querySelector(frame).getBoundingClientRect().right;
    const far = element => Math.max(element.getBoundingClientRect().right - edge,
        getComputedStyle(element).overflowX == "visible" ? 0 : element.scrollWidth - element.clientWidth);
    return [...document.querySelectorAll(`${frame} *`)]
        .filter(element => element.checkVisibility() && !element.closest("mjx-assistive-mml, .headerlink"))
        .filter(element => far(element) > 2)
        .map(element => `${element.tagName} ${element.className} by ${Math.round(far(element))}: ` +
            element.textContent.trim().slice(0, 80));
}"""


def write_pdf(path):
    """Write the whole book as a PDF, with a browser of this machine."""
    from playwright.sync_api import sync_playwright

    if BROWSER is None:
        sys.exit(f"browser: found none of {', '.join(BROWSERS)}; expected one that prints. Install Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        cut = print_book(browser, path, HTML, printed(HTML))
    if cut:
        listed = "\n".join(cut)
        sys.exit(f"{path}: got what is wider than the paper; expected none. Mend the style for print:\n{listed}")


def print_book(browser, path, html, text):
    """Print a text, as a page of the built book in the folder `html`; return what is wider than the paper."""
    page_of_all = html / "printed.html"
    page_of_all.write_text(text, encoding="utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    page = browser.new_page(viewport={"width": WIDTH, "height": 1000})
    try:
        page.goto(page_of_all.as_uri(), wait_until="networkidle", timeout=300_000)
        page.wait_for_function("() => window.MathJax?.startup?.promise")
        page.evaluate("async () => { await MathJax.startup.promise }")
        page.emulate_media(media="print")
        cut = page.evaluate(STICKS_OUT, "main")
        page.pdf(
            path=path,
            prefer_css_page_size=True,
            print_background=True,
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=FOOTER,
            outline=True,
            tagged=True,
        )
    finally:
        page.close()
        page_of_all.unlink()
    return cut


def with_link(text, name):
    """Return the text of a page in which the hidden name of a file has become a link to it."""
    linked = rf'<li data-file="{name}"><a href="../downloads/{name}">\1</a></li>'
    return re.sub(rf'<li hidden data-file="{re.escape(name)}">(.*?)</li>', linked, text)


def main(arguments):
    kinds = {"archive": (f"{NAME}.zip", write_archive), "pdf": (f"{NAME}.pdf", write_pdf)}
    if len(arguments) != 1 or arguments[0] not in kinds:
        sys.exit(f"got {' '.join(arguments) or 'nothing'}; expected one of {', '.join(kinds)}")
    if not (HTML / "chapters" / "intro.html").exists():
        sys.exit(f"the book: got no {HTML / 'chapters' / 'intro.html'}; expected the built book. Run `make book`")
    name, write = kinds[arguments[0]]
    path = HTML / "downloads" / name
    write(path)
    first = HTML / "chapters" / "intro.html"
    first.write_text(with_link(first.read_text(encoding="utf-8"), name), encoding="utf-8")
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
