"""Lessons as notebooks that read well in any Jupyter: the markup of the book becomes plain Markdown.

The pages of the book have boxes, numbered figures and exercises, references, and values that a run put into the text;
JupyterLab, VS Code and the rest know none of these. Here each becomes what it stands for: a box a quotation, a solution
a fold, a reference a link with the number that the page has, a quoted value that value.
"""

import functools
import posixpath
import re

import pairs
from myst_nb.core.variables import format_plain_text
from pybtex.database import parse_file

FENCE = re.compile(r"^(`{3,}|:{3,})\{([\w:-]+)\}[ ]*(.*)$")
OPTION = re.compile(r"^:([\w-]+):[ ]?(.*)$")
ROLE = re.compile(r"\{([a-z:]+)\}`([^`]+)`")
DISPLAY = re.compile(r"\$\$([^$]+)\$\$ \((\S+)\)")
MARK = "\ue000"  # stands where a value is not given; of no use in a text
NAMED = {"exercise": "Exercise", "prf:definition": "Definition", "prf:theorem": "Theorem", "prf:algorithm": "Algorithm"}
FOLDED = {"source_hidden": True, "outputs_hidden": True}


def split_blocks(lines):
    """Yield ("text", lines) and, for each directive, (name, argument, options, lines of its content)."""
    text, rest = [], iter(lines)
    for line in rest:
        opening = FENCE.match(line)
        if not opening:
            text.append(line)
            continue
        if text:
            yield "text", text
            text = []
        fence, name, argument = opening.groups()
        content = []
        for inner in rest:
            if inner.strip() == fence:
                break
            content.append(inner)
        options = {}
        while content and OPTION.match(content[0]):
            key, value = OPTION.match(content.pop(0)).groups()
            options[key] = value
        yield name, argument, options, content
    if text:
        yield "text", text


@functools.cache
def labels():
    """Return what each label of the lessons stands for: (lesson, how a reference to it reads)."""
    found = {}
    for number, lesson in enumerate(pairs.lessons(), 1):
        counts = {}

        def numbered(kind, label, lesson=lesson, number=number, counts=counts):
            counts[kind] = counts.get(kind, 0) + 1
            words = {"Fig.": f"Fig. {number}.{counts[kind]}", "": f"({number}.{counts[kind]})"}
            found[label] = lesson, words.get(kind, f"{kind} {number}.{counts[kind]}")

        for cell in pairs.read_lesson(lesson).cells:
            figure = cell.metadata.get("mystnb", {}).get("figure", {})
            if figure:
                numbered("Fig.", figure.get("name"))
            if cell.cell_type == "markdown":
                _read_labels(cell.source.split("\n"), lesson, numbered, found)
    return found


def _read_labels(lines, lesson, numbered, found):
    for name, *block in split_blocks(lines):
        if name == "text":
            text = "\n".join(block[0])
            for label, title in re.findall(r"^\((\S+)\)=\n+#+ (.+)$", text, re.MULTILINE):
                found[label] = lesson, title
            for _, label in DISPLAY.findall(text):
                numbered("", label)
            continue
        _, options, content = block
        if name in NAMED:
            numbered(NAMED[name], options.get("label"))
        elif name == "math" and "label" in options:
            numbered("", options["label"])
        elif name == "figure":
            numbered("Fig.", options.get("name"))
        _read_labels(content, lesson, numbered, found)


@functools.cache
def bibliography():
    """Return (names, year, address) of each entry."""
    entries = {}
    for key, entry in parse_file(pairs.ROOT / "references.bib").entries.items():
        people = [re.sub("[{}]", "", " ".join(person.last_names)) for person in entry.persons.get("author", [])]
        people = people or [re.sub("[{}]", "", entry.fields.get("title", key))]
        names = f"{people[0]} et al." if len(people) > 2 else " and ".join(people)
        address = re.search(r"https?://[^}\s]+", " ".join(entry.fields.get(of, "") for of in ("url", "howpublished")))
        entries[key] = names, entry.fields.get("year", ""), address and address.group()
    return entries


class Translation:
    """The translation of one lesson."""

    def __init__(self, lesson, values):
        self.lesson, self.values, self.folder = lesson, values, posixpath.dirname(lesson)

    def link(self, text, lesson):
        """Link to another notebook; what is in this one, or on a page that is none, is named."""
        if lesson == self.lesson or lesson not in pairs.lessons():
            return text
        return f"[{text}]({posixpath.relpath(lesson, self.folder)}.ipynb)"

    def role(self, match):
        """Return what a role stands for."""
        role, content = match.groups()
        text, target = re.fullmatch(r"(?:(.*)<(.+)>|(.+))", content, re.DOTALL).group(1, 2)
        text, target = (text.strip(), target) if target else (None, content)
        if role == "glue:text":
            return self.value(content)
        if role == "term":
            return text or target
        if role.startswith("cite"):
            return self.citation(content, role == "cite:t")
        if role == "doc":
            lesson = posixpath.normpath(posixpath.join(self.folder, target))
            return self.link(text or title_of(lesson), lesson)
        if role in ("ref", "numref", "eq", "prf:ref"):
            lesson, words = labels().get(target, (None, text or "the appendix"))
            number = words.split()[-1]
            return self.link(text.replace("%s", number) if text else words, lesson)
        return match.group()

    def value(self, content):
        """Return a quoted value as the page shows it, or a mark."""
        name, _, form = content.rpartition(":") if ":" in content.rpartition("::")[2] else (content, "", "s")
        name = name.rpartition("::")[2]
        if self.values is None or name not in self.values:
            return MARK
        return format_plain_text(repr(self.values[name]), form)

    def citation(self, keys, textual):
        """Return names and years with links, in parentheses unless they are part of the sentence."""
        cited = []
        for key in map(str.strip, keys.split(",")):
            names, year, address = bibliography()[key]
            words = f"{names} ({year})" if textual else f"{names}, {year}"
            cited.append(f"[{words}]({address})" if address else words)
        return " and ".join(cited) if textual else f"({'; '.join(cited)})"

    def inline(self, text):
        """Translate the roles in a text."""
        return ROLE.sub(self.role, text)

    def text(self, lines):
        """Translate Markdown without directives."""
        text = re.sub(r"^\(\S+\)=\n+", "", "\n".join(lines), flags=re.MULTILINE)
        text = DISPLAY.sub(lambda match: f"$${match[1]}\\tag{{{labels()[match[2]][1].strip('()')}}}$$", text)
        return self.inline(text)

    def blocks(self, lines):
        """Translate Markdown with directives."""
        return "\n".join(self.block(*block) for block in split_blocks(lines))

    def block(self, name, first, options=None, content=()):
        """Translate what `split_blocks` yields."""
        if name == "text":
            return self.text(first)
        title, inner = self.inline(first), self.blocks(content).strip()
        label = labels().get((options or {}).get("label"), ("", ""))[1]
        if name == "math":
            tag = f"\n\\tag{{{label.strip('()')}}}" if label else ""
            return f"$$\n{inner}{tag}\n$$"
        if name == "figure":
            number = labels()[options["name"]][1]
            return f"![{options['alt']}]({first})\n\n*{number}.* {inner}"
        if name == "solution":
            return fold(f"Solution of {labels()[first][1]}", inner)
        if name in NAMED:
            return quote(f"**{label}**" + (f" ({title})" if title else ""), inner)
        if name == "dropdown" or "dropdown" in (options or {}).get("class", ""):
            return fold(title, inner)
        if name in ("admonition", "note", "tip", "warning", "important", "hint"):
            return quote(f"**{title or name.capitalize()}**", inner)
        return f"```{{{name}}} {first}\n{inner}\n```"


def fold(title, text):
    """Return a text that is closed until it is opened."""
    title = re.sub("`([^`]+)`", r"<code>\1</code>", title)  # no Markdown there
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def quote(title, text):
    """Return a text as a box."""
    return "\n".join(f"> {line}".rstrip() for line in (title, "", *text.split("\n")))


def title_of(page):
    """Return the title of a page, its first heading."""
    return re.search(r"^# (.+)$", (pairs.CHAPTERS / f"{page}.md").read_text(encoding="utf-8"), re.MULTILINE).group(1)


def translate(notebook, lesson, values=None):
    """Return a notebook of the book as one for everywhere, with the values that its text quotes.

    What checks, and what belongs to a solution, is folded; under a figure stands its caption.
    """
    translation, cells, solution, opened = Translation(lesson, values), [], None, False
    for cell in notebook.cells:
        if cell.cell_type == "code":
            tags = cell.metadata.get("tags", [])
            if solution or "hide-cell" in tags:
                cell.metadata["jupyter"] = dict(FOLDED)
                # Of a folded cell, JupyterLab shows the first line.
                cell.source = f"# {'solution' if solution else 'checks'}\n{cell.source}"
            elif "hide-input" in tags:
                cell.metadata["jupyter"] = {"source_hidden": True}
            cells.append(cell)
            figure = cell.metadata.get("mystnb", {}).get("figure", {})
            if figure.get("caption"):
                caption = f"*{labels()[figure['name']][1]}.* {translation.inline(figure['caption'].strip())}"
                cells.append(type(cell)({"cell_type": "markdown", "metadata": {}, "source": caption, "id": ""}))
            continue
        parts = []
        for block in split_blocks(cell.source.split("\n")):
            if block[0] == "solution-start":
                solution, opened = labels()[block[1]][1], False
                parts.append(f"*The solution of {solution} is in the closed cells below.*")
            elif block[0] == "solution-end":
                solution = None
            else:
                text = translation.block(*block).strip()
                if solution and text:
                    text = fold(f"Solution of {solution}{', continued' if opened else ''}", text)
                    opened = True
                    if parts and parts[-1].startswith("*The solution of"):
                        parts.pop()
                parts.append(text)
        cell.source = "\n\n".join(filter(None, parts))
        if cell.source:
            cells.append(cell)
    notebook.cells = cells
    return notebook
