"""report_page.py PAGE [FIRST.json LAST.json]: a page of `arenatop report` is well-formed, quiet, and says what the dumps say.

Well-formed: as XML, and as HTML, with the same elements in both. Quiet: no script, nothing fetched, nothing unknown.
With two dumps, of the first and the last snapshot (or the same one twice), the figures in its tables are theirs."""
import json, re, sys
import lxml.etree, lxml.html

path = sys.argv[1]
source = open(path, encoding="utf-8").read()
page = lxml.etree.parse(path).getroot()
html = lxml.html.parse(path, lxml.html.HTMLParser(encoding="utf-8")).getroot()

# ---- form ----

def elements(root):
    return [node.tag for node in root.iter() if isinstance(node.tag, str)]

assert elements(page) == elements(html), "XML and HTML parsers disagree"
known = """html head meta title style body header main footer section figure figcaption h1 h2 h3 p small strong em abbr bdi
    data time span div ul li dl dt dd table thead tbody tfoot tr th td svg desc defs pattern g path rect line text""".split()
assert set(elements(page)) <= set(known), set(elements(page)) - set(known)
attributes = {name for node in page.iter() for name in node.attrib}
assert attributes <= set("""lang charset http-equiv content name class id title value scope width height viewBox y x x1 x2 y1
    y2 rx d role preserveAspectRatio patternUnits patternTransform aria-hidden aria-labelledby""".split()), attributes
for fetched in ("http:", "https:", "src=", "href=", "@import", "<script", "javascript:"):
    assert fetched not in re.sub(r"&lt;|&gt;|&quot;|&#39;|&amp;", "", source), fetched
assert set(re.findall(r"url\([^)]*\)", source)) <= {"url(#hatch)"}
policy = page.find("head/meta[@http-equiv='Content-Security-Policy']").get("content")
assert policy == "default-src 'none'; style-src 'unsafe-inline'", policy
ids = [node.get("id") for node in page.iter() if node.get("id")]
assert len(ids) == len(set(ids)), "an id occurs twice"
for node in page.iter():
    for one in (node.get("aria-labelledby") or "").split():
        assert one in ids, one

# ---- figures ----

def text(node):
    return "".join(node.itertext())

def row(tr):
    cells = {}
    for cell in tr:
        key = [word for word in (cell.get("class") or "").split() if word not in ("n", "grew", "shrank", "still")]
        found = cell.find(".//data")
        if key and found is not None:
            cells[key[0]] = int(found.get("value"))
    return cells

def rows(table, part):
    return {text(tr.find("th/bdi")): row(tr) for tr in page.findall(".//table[@class='%s']/%s/tr" % (table, part))}

if len(sys.argv) > 2:
    first, last = (json.load(open(name)) for name in sys.argv[2:4])
    elapsed = (last["mono_ns"] - first["mono_ns"]) / 1e9
    before = {one["name"]: one for one in first["classes"]}
    after = {one["name"]: one for one in last["classes"]}
    shown = rows("classes", "tbody")
    assert set(shown) == set(after), (set(shown), set(after))
    for name, cells in shown.items():
        now, then = after[name], before.get(name, {key: 0 for key in after[name]})
        wanted = {"threads": now["threads"], "live": now["live"], "cached": now["cached"], "dirty": now["dirty"],
                  "resident": now["resident"]}
        if elapsed > 0:
            wanted |= {"first": then["live"], "growth": now["live"] - then["live"]}
            for key, amount in (("rate", now["live"] - then["live"]), ("alloc", now["alloc_bytes"] - then["alloc_bytes"])):
                assert abs(cells[key] - amount / elapsed) <= 1 + abs(amount / elapsed) / 1e9, (name, key, cells[key])
        for key, figure in wanted.items():
            assert cells[key] == figure, (name, key, cells[key], figure)
        assert cells["peak"] >= max(now["live"], then["live"]), name
    order = [cells["growth"] for cells in shown.values()] if elapsed > 0 else [c["live"] for c in shown.values()]
    assert order == sorted(order, reverse=True), order
    (everything,) = rows("classes", "tfoot").values()
    for key in ("live", "cached", "dirty", "resident"):
        assert everything[key] == sum(one[key] for one in last["classes"]), key

    since = {(f["owner"], f["freed_by"]): f["bytes"] for f in first["flows"]} if elapsed > 0 else {}
    flows = {(f["owner"], f["freed_by"]): f["bytes"] - since.get((f["owner"], f["freed_by"]), 0) for f in last["flows"]}
    names = [text(th.find("bdi")) for th in page.findall(".//table[@class='flows']/thead/tr/th")[1:]]
    cells = {}
    for tr in page.findall(".//table[@class='flows']/tbody/tr"):
        for name, td in zip(names, tr.findall("td"), strict=True):
            cells[(text(tr.find("th/bdi")), name)] = int(td.find("data").get("value"))
    assert len(names) == min(12, len({name for pair, bytes in flows.items() if bytes for name in pair})), names
    for pair, bytes in cells.items():
        assert bytes == flows.get(pair, 0), (pair, bytes)
    handed_over = max([bytes for pair, bytes in flows.items() if pair[0] != pair[1]], default=0)
    assert handed_over == max([bytes for pair, bytes in cells.items() if pair[0] != pair[1]], default=0)
