"""A Sphinx extension: what the pages of the book show beyond their text.

A quoted number is a link to its check. The checks of a section are folded, under a summary that counts them. Under
the title of a lesson stand its path, its question, and how long it takes. The directives `{lessons}` and `{claims}`
make the tables of all lessons and of all claims; `claims.json`, beside the pages, has the claims as data. The directive
`{picture-of}` shows the picture of another page's figure, `{live}` stands where a script of `assets/live` works,
`{take-home}` where the archive of the course and the book as a PDF are linked as soon as they are made. A lesson can be
taken home as notebook, script and text. Each page has a content-security policy: it allows what lies beside the page.
"""

import base64
import hashlib
import html
import json
import os
import re
import shutil
from pathlib import Path
from typing import ClassVar

import live_data
import pairs
import take_home
from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.ext.glue.roles import PasteTextRole
from myst_nb.sphinx_ import HideCodeCellNode, NbMetadataCollector
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from mnist_utils.claims import KINDS, format_value

logger = logging.getLogger(__name__)
ORDER = ["trained", "data", "identity", "stored"]  # of the kinds, those first that this build could have failed


class CheckedNumber(PasteTextRole):
    """The role `glue:text`: a value that a claim has checked, as a link to the claim."""

    def run(self):
        shown, messages = super().run()
        name = self.text.rsplit(":", 1)[0] if ":" in self.text.rpartition("::")[2] else self.text
        page, _, claim = name.rpartition("::")
        address = f"{page.removesuffix('.md')}.html" if page else ""
        link = nodes.reference("", "", *shown, refuri=f"{address}#claim-{claim}", internal=True, classes=["checked"])
        return [link], messages


class Table(nodes.General, nodes.Element):
    """Stands where a table of all lessons or all claims goes, which is known when all pages are read."""


class TableDirective(SphinxDirective):
    def run(self):
        self.env.metadata[self.env.docname]["has_table"] = True
        return [Table(of=self.name)]


class Picture(nodes.General, nodes.Element):
    """Stands where the picture of another page's figure is shown again."""


class PictureDirective(SphinxDirective):
    """``{picture-of} LABEL``."""

    required_arguments = 1

    def run(self):
        return [Picture(of=self.arguments[0])]


def fill_pictures(app, doctree, docname):
    """Show pictures of other pages: as images, since figures have a number, and one place."""
    for picture in list(doctree.findall(Picture)):
        page, label, _ = app.env.get_domain("std").labels.get(picture["of"], (docname, None, ""))
        figures = app.env.get_doctree(page).findall(nodes.figure)
        images = [image for figure in figures if label in figure["ids"] for image in figure.findall(nodes.image)]
        if not images:
            logger.warning("picture-of: got %r; expected the label of a figure", picture["of"], location=docname)
        picture.replace_self(images[0].deepcopy() if images else [])


class Live(nodes.General, nodes.Element):
    """What a script of the page fills; its content stands there where no script runs."""


class LiveDirective(SphinxDirective):
    """``{live} NAME``: loads NAME.js of `assets/live`, after `live.js` and the scripts that it needs."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"needs": directives.unchanged}

    def run(self):
        name = self.arguments[0]
        scripts = [*self.options.get("needs", "").split(), "live", name]
        self.env.metadata[self.env.docname]["scripts"] = [f"live/{script}.js" for script in scripts]
        node = Live(name=name)
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class TakeHome(nodes.General, nodes.Element):
    """Stands where the links to what readers take home go."""


class TakeHomeDirective(SphinxDirective):
    def run(self):
        return [TakeHome()]


def visit_take_home(translator, node):
    """Write what is hidden, and no link, until there is what it names; `take_home.py` makes it one then."""
    folder = Path(translator.builder.outdir) / "downloads"
    files = {f"{take_home.NAME}.zip": "the course archive", f"{take_home.NAME}.pdf": "the book as a PDF"}
    lines = []
    for name, text in files.items():
        lines.append(f'<li hidden data-file="{name}">{text}</li>')
        if (folder / name).exists():
            lines[-1] = take_home.with_link(lines[-1], name)
    translator.body.append(f'<ul class="simple take-home">{"".join(lines)}</ul>\n')
    raise nodes.SkipNode


def visit_live(translator, node):
    translator.body.append(f'<div class="live" data-live="{node["name"]}"><div class="live-without-scripts">\n')


def depart_live(translator, node):
    translator.body.append("</div></div>\n")


def add_scripts(app, pagename, templatename, context, doctree):
    """Give a live page, and no other, its scripts."""
    for script in app.env.metadata.get(pagename, {}).get("scripts", []):
        app.add_js_file(script, loading_method="defer")


def add_downloads(app, pagename, templatename, context, doctree):
    """Put a menu into the head of a lesson: the lesson to take home, or to run elsewhere if the book has an address."""
    lesson = pagename.removeprefix("chapters/")
    if lesson not in pairs.lessons():
        return
    folder = context["pathto"]("downloads", 1)
    buttons = [
        {"type": "link", "url": f"{folder}/{lesson}{suffix}", "text": suffix, "tooltip": tooltip, "icon": icon}
        for suffix, tooltip, icon in (
            (".ipynb", "Download the notebook", "fas fa-code"),
            (".py", "Download the script", "fas fa-terminal"),
            (".md", "Download the text", "fas fa-file"),
        )
    ]
    menu = {"type": "group", "tooltip": "Download this lesson", "icon": "fas fa-download", "buttons": buttons}
    context["header_buttons"].append({**menu, "label": "download-buttons"})
    address = app.config.html_theme_options.get("repository_url")
    if address:
        owner, repository = address.strip("/").split("/")[-2:]
        url = f"https://mybinder.org/v2/gh/{owner}/{repository}/HEAD?urlpath=lab/tree/notebooks/{lesson}.ipynb"
        binder = {"type": "link", "url": url, "text": "Binder", "tooltip": "Run this lesson on Binder"}
        context["header_buttons"].append({**binder, "icon": "fas fa-rocket", "label": "launch-binder"})


def copy_downloads(folder):
    """Put the lessons beside the pages: as notebooks, scripts and texts."""
    for name in pairs.lessons():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        for path in ((pairs.NOTEBOOKS / name).with_suffix(suffix) for suffix in (".ipynb", ".py")):
            shutil.copy(path, folder / path.relative_to(pairs.NOTEBOOKS))
        shutil.copy(pairs.CHAPTERS / f"{name}.md", folder / f"{name}.md")


# Styles are written into the pages by MathJax and Matplotlib's tables, pictures by the scripts of live pages.
POLICY_TAG = '<meta http-equiv="Content-Security-Policy"'
POLICY = (
    "default-src 'self'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'"
)


def protect(path):
    """Write into a page the policy that lets it load and run only what lies beside it, and the scripts that it has."""
    text = path.read_text(encoding="utf-8")
    if POLICY_TAG in text:
        return
    scripts = re.findall(r"<script(?![^>]* src=)[^>]*>(.*?)</script>", text, re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in dict.fromkeys(scripts))
    policy = POLICY.format(scripts=" ".join(f"'sha256-{digest}'" for digest in digests))
    meta = f'{POLICY_TAG} content="{policy}">'
    path.write_text(re.sub(r"(<head>|<head [^>]*>)", rf"\1\n{meta}", text, count=1), encoding="utf-8")


def mend_markup(app, pagename, templatename, context, doctree):
    """Give the items of the bibliography the role that a list needs, not a deprecated one, no two boxes one id, and
    what stands right behind a formula a place in its line."""
    body = context.get("body", "").replace('role="doc-biblioentry"', 'role="listitem"')
    body = re.sub(r' id="(exercise|solution|proof)-content"', "", body)
    formula = r'<span class="math notranslate nohighlight">[^<]*</span>[.,;:!?)]+'
    context["body"] = re.sub(formula, r'<span class="with-formula">\g<0></span>', body)


def claims_of(app, lesson):
    """Return the claims of a lesson as data, from what its execution has left."""
    path = Path(app.outdir).parent / "jupyter_execute" / "chapters" / f"{lesson}.glue.json"
    glued = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    claims = [output["metadata"].get("claim") for output in glued.values()]
    return [{**claim, "lesson": lesson, "margin": margin(claim)} for claim in claims if claim]


def margin(claim):
    """Return how far a value is from the nearer end of its band, as a share of half the band; None if it has none."""
    low, high = claim["low"], claim["high"]
    if isinstance(low, str | list) or low is None or low == high:
        return None
    return min(claim["value"] - low, high - claim["value"]) / ((high - low) / 2)


def seconds_of(env, docname):
    """Return the seconds that the cells of a page took, or None."""
    return (NbMetadataCollector.get_exec_data(env, docname) or {}).get("runtime")


def add_quiz(app, docname, source):
    """Put its quiz at the end of a lesson."""
    lesson = docname.removeprefix("chapters/")
    if lesson in pairs.lessons():
        source[0] += f"\n\n{pairs.quiz(lesson)}"


def read_page(app, doctree):
    """Fold the checks under a summary that counts them, and put the line of a lesson under its title."""
    for cell in doctree.findall(nodes.container):
        count = sum('class="claim"' in text.astext() for text in cell.findall(nodes.raw))
        if cell.get("hide_mode") == "all" and count:
            cell["prompt_show"] = cell["prompt_hide"] = f"{count} check{'s' if count > 1 else ''}"
            cell["classes"].append("checks")
    lesson = app.env.docname.removeprefix("chapters/")
    if lesson in pairs.lessons():
        title = next(doctree.findall(nodes.title))
        line = nodes.paragraph("", " · ".join(about(app.env, lesson)), classes=["lesson-line"])
        title.parent.insert(title.parent.index(title) + 1, line)


def about(env, lesson):
    """Return the path of a lesson, its question, its minutes, and its seconds."""
    said = pairs.settings(lesson)
    seconds = seconds_of(env, f"chapters/{lesson}")
    question = [f"question {said['question']}"] if said["question"] else []
    run = [f"{seconds:.0f} seconds to run"] if seconds else []
    return [said["path"], *question, f"{pairs.minutes(lesson)} minutes to read", *run]


def tables_to_write(app, env):
    """Return the pages that show tables: they follow what any lesson says."""
    return [docname for docname, said in env.metadata.items() if "has_table" in said]


def fill_tables(app, doctree, docname):
    """Put the tables where they belong."""
    for table in list(doctree.findall(Table)):
        text = lessons_table(app, docname) if table["of"] == "lessons" else claims_table(app, docname)
        table.replace_self(nodes.raw("", text, format="html"))


def link(app, docname, lesson, text, fragment=""):
    """Return a link from a page to a lesson."""
    address = app.builder.get_relative_uri(docname, f"chapters/{lesson}")
    return f'<a class="reference internal" href="{address}{fragment}">{text}</a>'


def lessons_table(app, docname):
    """Return the table of all lessons, part by part, with the minutes of the core and of the whole."""
    rows, total = [], {"core": 0, "further": 0}
    for caption, lessons in pairs.parts():
        rows.append(f'<tr><th colspan="5" scope="colgroup">{html.escape(caption)}</th></tr>')
        for lesson in lessons:
            said, minutes = pairs.settings(lesson), pairs.minutes(lesson)
            total[said["path"]] += minutes
            title = html.escape(app.env.titles[f"chapters/{lesson}"].astext())
            seconds = seconds_of(app.env, f"chapters/{lesson}")
            cells = [link(app, docname, lesson, title), said["path"], said["question"], minutes]
            cells.append(f"{seconds:.0f} s" if seconds else "")
            rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    names = ["lesson", "path", "question", "minutes to read", "to run"]
    head = "<tr>" + "".join(f'<th scope="col">{name}</th>' for name in names) + "</tr>"
    whole = sum(total.values())
    sums = f"The core takes {total['core'] / 60:.1f} hours to read, everything {whole / 60:.1f}."
    return f'<table class="table lessons"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table><p>{sums}</p>'


def all_claims(app):
    """Return the claims of all lessons: those first that this build could have failed, the narrowest first."""
    claims = [claim for lesson in pairs.lessons() for claim in claims_of(app, lesson)]
    return sorted(claims, key=lambda claim: (ORDER.index(claim["kind"]), claim["margin"] is None, claim["margin"]))


def claims_table(app, docname):
    """Return the table of all claims."""
    rows = []
    for claim in all_claims(app):
        name = f"<code>{claim['name']}</code>"
        cells = [
            link(app, docname, claim["lesson"], name, f"#claim-{claim['name']}"),
            html.escape(claim["about"]),
            html.escape(format_value(claim["value"])),
            html.escape(claim["band"]),
            KINDS[claim["kind"]],
            "" if claim["margin"] is None else f"{claim['margin']:.2f}",
        ]
        part = claim["lesson"].split("/")[0]
        row = "".join(f"<td>{cell}</td>" for cell in cells)
        rows.append(f'<tr data-part="{part}" data-kind="{KINDS[claim["kind"]]}">{row}</tr>')
    names = ["claim", "what it states", "value in this build", "band", "kind", "margin"]
    head = "<tr>" + "".join(f'<th scope="col">{name}</th>' for name in names) + "</tr>"
    return f'<table class="table claims"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table>'


def write_data(app, exception):
    """Write beside the pages claims.json, what the live pages compute with, and the lessons to take home."""
    if exception is None and app.builder.format == "html":
        text = json.dumps(all_claims(app), indent=1)
        (Path(app.outdir) / "claims.json").write_text(text, encoding="utf-8")
        live_data.write(Path(app.outdir) / "_static" / "live")
        copy_downloads(Path(app.outdir) / "downloads")
        for path in Path(app.outdir).rglob("*.html"):
            protect(path)


def visit_fold(translator, node):
    classes = " ".join(node["classes"])
    summary = html.escape(node["prompt_show"])
    translator.body.append(f'<details class="fold {classes}">\n<summary>{summary}</summary>\n')


def depart_fold(translator, node):
    translator.body.append("</details>\n")


def write_on_all_cores(app, env):
    app.parallel = os.cpu_count()  # which Jupyter Book has no option for


def setup(app):
    app.setup_extension("myst_nb")
    app.add_role_to_domain("glue", "text", CheckedNumber(), override=True)
    # As myst_nb has it, but with a summary that screen readers read: there, a label hides what it says.
    app.add_node(HideCodeCellNode, override=True, html=(visit_fold, depart_fold))
    app.add_node(Table)
    app.add_node(Picture)
    app.add_directive("picture-of", PictureDirective)
    app.connect("doctree-resolved", fill_pictures)
    app.add_node(Live, html=(visit_live, depart_live))
    app.add_directive("live", LiveDirective)
    app.add_node(TakeHome, html=(visit_take_home, None))
    app.add_directive("take-home", TakeHomeDirective)
    for name in ("lessons", "claims"):
        app.add_directive(name, TableDirective)
    app.connect("source-read", add_quiz)
    app.connect("doctree-read", read_page)
    app.connect("env-updated", tables_to_write)
    app.connect("env-check-consistency", write_on_all_cores)
    app.connect("doctree-resolved", fill_tables)
    app.connect("html-page-context", add_scripts)
    app.connect("html-page-context", mend_markup)
    app.connect("html-page-context", add_downloads, priority=900)  # after the theme, which begins the list of buttons
    app.connect("build-finished", write_data)
    return {"parallel_read_safe": True, "version": "1"}
