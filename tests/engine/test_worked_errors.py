"""Bad pages and tables, and the sentences that say so: what is wrong, where, and the mend, in both languages."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from equite import EquiteError, Formula, FormulaError, SharingError, TerritoriesError, allocate

HEAD = "equite: 1\nid: bad\nlanguage: en\nkey: code\nrounding: {to: 1}\n"
GRANT = "parts:\n  - {id: grant, pool: remainder, share: {in_proportion_to: points}}\n"
PAGE = HEAD + "envelope: 100\n" + GRANT
ROWS: list[dict[str, Any]] = [
    {"code": "A", "points": 1, "zero": 0, "low": 80, "high": 20, "unknown": "", "region": "north", "before": 10},
    {"code": "B", "points": 2, "zero": 0, "low": 50, "high": 30, "unknown": 3, "region": "north", "before": 20},
    {"code": "C", "points": 3, "zero": 0, "low": 10, "high": 10, "unknown": 4, "region": "south", "before": 30},
]


def refusal(page: str, rows: Any = ROWS) -> EquiteError:
    """Give the refusal; anything but a refusal (a result, or another exception) fails the test."""
    with pytest.raises(EquiteError) as caught:
        allocate(Formula.from_text(page, "page.yaml"), rows)
    return caught.value


def shared_by(expression: str, head: str = HEAD + "envelope: 100\n") -> str:
    """Give a page whose one part is shared by an expression; a second part keeps the list of parts from being short."""
    quoted = expression.replace("'", "''")
    return head + (
        "parts:\n"
        "  - {id: base, pool: {each: 1}, share: equally}\n"
        f"  - {{id: grant, pool: remainder, share: {{in_proportion_to: '{quoted}'}}}}\n"
    )


def limited(limits: str, envelope: str = "100") -> str:
    return HEAD + f"envelope: {envelope}\n" + GRANT + "limits:\n" + limits


def scored(index: str) -> str:
    return HEAD + "envelope: 100\nindices:\n  need: " + index + "\n" + GRANT.replace("points", "need")


class Bad(NamedTuple):
    """A bad page, the kind of refusal, and the words that must stand in it."""

    name: str
    page: str
    kind: type[EquiteError]
    english: tuple[str, ...]
    french: tuple[str, ...]
    rows: Any = ROWS


SHARING = [
    Bad(
        "floors-too-high",
        limited("  - {id: harmless, at_least: low}\n"),
        SharingError,
        (
            "'harmless'",
            "floors take $140",
            "there is $100",
            "$40 is missing",
            "heaviest: A, B, C",
            "limits.harmless (line 10)",
        ),
        ("planchers", "140\u00a0$", "100\u00a0$", "il manque 40\u00a0$", "A, B, C", "limits.harmless (ligne 10)"),
    ),
    Bad(
        "ceilings-too-low",
        limited("  - {id: pace, at_most: high}\n"),
        SharingError,
        (
            "'pace'",
            "ceilings add up to $60",
            "$100 is to be shared",
            "$40 would be left",
            "B, A, C",
            "if_over: reserve",
        ),
        ("plafonds totalisent 60\u00a0$", "100\u00a0$", "il resterait 40\u00a0$", "B, A, C", "if_over: reserve"),
    ),
    Bad(
        "all-scores-zero",
        shared_by("zero"),
        SharingError,
        ("'grant'", "$97 of $97", "nobody to go to", "zero"),
        ("97\u00a0$", "ne peut aller à personne", "zéro"),
    ),
    Bad(
        "negative-level",
        HEAD
        + "envelope: 100\nparts:\n  - {id: base, pool: {each: 30}, share: equally}\n"
        + "  - {id: grant, pool: remainder, share: equally}\n"
        + "limits:\n  - {id: promise, at_least: \"where(code == 'A', 60, null)\"}\n",
        SharingError,
        ("'promise'", "fixed parts and floors take $120", "there is $100", "$20 is missing", "heaviest: A", "66.66%"),
        ("parts fixes", "120\u00a0$", "100\u00a0$", "il manque 20\u00a0$", "A", "66,66\u00a0%"),
    ),
    Bad(
        "parts-beyond-the-envelope",
        HEAD + "envelope: 100\nparts:\n  - {id: base, pool: {each: 40}, share: equally}\n",
        SharingError,
        ("parts take $120", "envelope holds $100", "$20 too much", "if_short: prorate"),
        ("volets prennent 120\u00a0$", "l'enveloppe contient 100\u00a0$", "20\u00a0$ de trop"),
    ),
    Bad(
        "parts-beyond-the-envelope-before-the-remainder",
        HEAD + "envelope: 100\nparts:\n  - {id: base, pool: {each: 40}, share: equally}\n"
        "  - {id: rest, pool: remainder, share: equally}\n",
        SharingError,
        ("parts take $120", "$20 too much", "parts.rest"),
        ("volets prennent 120\u00a0$", "20\u00a0$ de trop", "parts.rest"),
    ),
    Bad(
        "money-left",
        HEAD + "envelope: 100\nparts:\n  - {id: base, pool: {each: 30}, share: equally}\n",
        SharingError,
        ("parts take $90", "envelope holds $100", "$10 is left", "remainder"),
        ("volets prennent 90\u00a0$", "il reste 10\u00a0$", "remainder"),
    ),
    Bad(
        "floor-above-ceiling",
        limited(
            "  - {id: pace, at_least: 40, at_most: where(points > 1, 30, null)}\n".replace("where", '"where').replace(
                "null)", 'null)"'
            )
        ),
        SharingError,
        ("floor stands above the ceiling", "B, C", "limits.pace"),
        ("plancher dépasse le plafond", "B, C", "limits.pace"),
    ),
    Bad(
        "no-whole-unit-between",
        limited("  - {id: pace, at_least: 33.2, at_most: 33.8}\n"),
        SharingError,
        ("no whole unit", "A, B, C", "bounds: nearest"),
        ("aucune unité entière", "A, B, C", "bounds: nearest"),
    ),
    Bad(
        "override-of-an-unknown-code",
        limited("  - {id: decision, override: {code: AA, amount: 5, reason: flood}}\n"),
        SharingError,
        ("no territory that takes part", "'AA'", "did you mean 'A'"),
        ("aucun territoire participant", "« AA »", "vouliez-vous dire « A »"),
    ),
    Bad(
        "override-not-a-multiple",
        limited("  - {id: decision, override: {code: A, amount: 5.5, reason: flood}}\n"),
        SharingError,
        ("decided for A", "5.5", "multiple of the rounding unit 1"),
        ("décidé pour A", "5.5", "multiple de l'unité d'arrondi 1"),
    ),
    Bad(
        "nobody-eligible",
        PAGE + "eligible:\n  - {where: points > 5}\n",
        SharingError,
        ("nobody is left", "3 territories"),
        ("il ne reste personne", "3 territoires"),
    ),
    Bad(
        "pool-by-territory",
        HEAD + "envelope: 100\nparts:\n  - {id: grant, pool: {amount: low}, share: equally}\n",
        SharingError,
        ("pool of 'grant' differs", "as_is"),
        ("dotation de « grant » diffère", "as_is"),
    ),
    Bad(
        "pool-by-member",
        HEAD + "envelope: 100\nparts:\n  - {id: grant, pool: {amount: low}, within: region, share: equally}\n",
        SharingError,
        ("differs inside a group of 'region'", "total(…, by=region)"),
        ("diffère à l'intérieur d'un groupe de « region »", "total(…, by=region)"),
    ),
    Bad(
        "pool-negative",
        HEAD + "envelope: 100\nparts:\n  - {id: grant, pool: {amount: 0 - 5}, share: equally}\n",
        SharingError,
        ("pool of 'grant' comes to −$5", "levy: true"),
        ("dotation de « grant » revient à −5\u00a0$", "levy: true"),
    ),
    Bad(
        "group-without-label",
        HEAD + "envelope: 100\nparts:\n  - {id: grant, pool: {amount: 50}, within: unknown, share: equally}\n",
        SharingError,
        ("'unknown' gives no group to A",),
        ("« unknown » ne donne pas de groupe à A",),
    ),
    Bad(
        "group-bound-by-member",
        limited("  - {id: regions, by: region, at_least: low}\n"),
        SharingError,
        ("bound differs among members", "total(previous, by=…)"),
        ("le plancher ou le plafond diffère entre membres", "total(previous, by=…)"),
    ),
    Bad(
        "group-floor-beyond-members",
        limited(
            "  - {id: members, at_most: where(points == 3, 20, null)}\n".replace("where", '"where').replace(
                "l)}", 'l)"}'
            )
            + "  - {id: regions, by: region, at_least: \"where(region == 'south', 30, null)\"}\n"
        ),
        SharingError,
        ("group south must get at least $30", "ceilings allow $20"),
        ("groupe south doit recevoir au moins 30\u00a0$", "permettent 20\u00a0$"),
    ),
    Bad(
        "envelope-beyond-counting",
        HEAD + "envelope: 2000000000000000\n" + GRANT,
        SharingError,
        ("more units of 1 than can be told apart",),
        ("plus d'unités de 1 qu'on ne peut en distinguer",),
    ),
]

VALUES = [
    Bad(
        "division-by-zero",
        shared_by("points / (points - 2)"),
        FormulaError,
        ("points / (points - 2) divides by zero for B", "a share needs it", "parts.grant.share.in_proportion_to"),
        ("divise par zéro pour B", "un partage en a besoin"),
    ),
    Bad(
        "logarithm-of-zero",
        shared_by("log(zero)"),
        FormulaError,
        ("log(zero) takes the logarithm", "A, B, C"),
        ("log(zero) prend le logarithme", "A, B, C"),
    ),
    Bad(
        "root-of-a-negative",
        shared_by("sqrt(points - 2)"),
        FormulaError,
        ("root of a negative number for A",),
        ("racine d'un nombre négatif pour A",),
    ),
    Bad(
        "empty-cell",
        shared_by("unknown"),
        FormulaError,
        ("'unknown' has no value for A", "default(unknown, …)"),
        ("« unknown » n'a pas de valeur pour A", "default(unknown, …)"),
    ),
    Bad(
        "empty-cell-in-a-mean",
        shared_by("points * average(unknown)"),
        FormulaError,
        ("average() takes in unknown, which is missing for A",),
        ("average() prend en compte unknown, qui manque pour A",),
    ),
    Bad(
        "empty-cell-in-a-condition",
        PAGE + "eligible:\n  - {where: unknown > 0}\n",
        FormulaError,
        ("'unknown' has no value for A", "a condition needs it"),
        ("« unknown » n'a pas de valeur pour A", "une condition en a besoin"),
    ),
    Bad(
        "empty-cell-of-a-criterion",
        scored("{criteria: {unknown: 1}}"),
        FormulaError,
        ("'unknown' has no value for A", "a criterion needs one"),
        ("« unknown » n'a pas de valeur pour A", "un critère en a besoin"),
    ),
    Bad(
        "nobody-to-average",
        shared_by("average(points, among=points > 5)"),
        FormulaError,
        ("has nobody to be computed over for A, B, C", "widen among="),
        ("n'a personne sur qui être calculé pour A, B, C", "élargissez among="),
    ),
    Bad(
        "beyond-the-table-of-steps",
        shared_by("step(points, classes)", HEAD + "envelope: 100\ntables:\n  classes: {up_to: {1: 5, 2: 6}}\n"),
        FormulaError,
        ("step(points, classes) finds no step for C", "`above:`"),
        ("ne trouve pas de palier pour C", "`above:`"),
    ),
    Bad(
        "score-negative",
        shared_by("points - 2"),
        FormulaError,
        ("points - 2 is negative for A", "max(0, …)"),
        ("points - 2 est négatif pour A", "max(0, …)"),
    ),
    Bad(
        "envelope-by-territory",
        HEAD + "envelope: 10 * points\n" + GRANT,
        FormulaError,
        ("envelope differs from one territory to another",),
        ("l'enveloppe diffère d'un territoire à l'autre",),
    ),
    Bad(
        "computed-envelope-negative",
        HEAD + "envelope: 0 - total(points)\n" + GRANT,
        FormulaError,
        ("envelope comes to −$6",),
        ("l'enveloppe revient à −6\u00a0$",),
    ),
    Bad(
        "envelope-missing",
        HEAD + "envelope: total(points) / total(zero)\n" + GRANT,
        FormulaError,
        ("divides by zero", "the envelope needs it"),
        ("divise par zéro", "l'enveloppe en a besoin"),
    ),
    Bad(
        "weights-differ",
        scored("{criteria: {points: {weight: low}, before: {weight: 1}}}"),
        FormulaError,
        ("weights add up to 11 for one territory and 81 for another",),
        ("poids totalisent 11 pour un territoire et 81 pour un autre",),
    ),
    Bad(
        "weight-negative",
        scored("{criteria: {points: {weight: 0 - 1}, before: 1}}"),
        FormulaError,
        ("weight 0 - 1 is negative or missing",),
        ("poids 0 - 1 est négatif ou manquant",),
    ),
    Bad(
        "no-direction-for-a-group",
        scored("{criteria: {points: {weight: 1, more_need_when: {by: region, north: high}}}}"),
        FormulaError,
        ("group 'south' of 'region' has no direction (C)", "south: high or south: low"),
        ("groupe « south » de « region » n'a pas de direction (C)", "south: high ou south: low"),
    ),
    Bad(
        "weight-in-percent",
        scored("{criteria: {points: 20 %, low: 40}}"),
        FormulaError,
        ("the weight '20 %' has a percent sign", "write 20, and"),
        ("le poids « 20 % » porte un signe de pourcentage", "écrivez 20, et"),
    ),
    Bad(
        "weight-of-a-family-in-percent",
        scored("{families: {f: {weight: '12,5 %', criteria: {points: 1}}}}"),
        FormulaError,
        ("the weight '12,5 %' has a percent sign", "write 12.5, and"),
        ("le poids « 12,5 % » porte un signe de pourcentage", "écrivez 12.5, et"),
    ),
    Bad(
        "nothing-to-fill-with",
        scored("{criteria: {unknown: {weight: 1, missing: {fill: median, by: code}}}}"),
        FormulaError,
        ("nobody in the same 'code' has a value of 'unknown'", "the missing cells of A"),
        ("dans le même « code », personne n'a de valeur de « unknown »", "les cellules manquantes de A"),
    ),
    Bad(
        "too-little-present",
        scored("{missing: {skip: {minimum_present: 0.5}}, criteria: {points: 1, unknown: 2}}"),
        FormulaError,
        ("too few criteria", "for A"),
        ("trop peu de critères", "pour A"),
    ),
]

TABLES = [
    Bad(
        "missing-column-with-a-near-name",
        PAGE.replace("points", "pionts"),
        TerritoriesError,
        ("no column 'pionts'", "did you mean 'points'"),
        ("pas de colonne « pionts »", "vouliez-vous dire « points »"),
    ),
    Bad(
        "missing-column",
        PAGE.replace("points", "quartz"),
        TerritoriesError,
        ("no column 'quartz'", "its columns are code, points, zero"),
        ("pas de colonne « quartz »", "ses colonnes sont code, points, zero"),
    ),
    Bad(
        "text-in-a-number-column",
        PAGE,
        TerritoriesError,
        ("text in a number column", "'plenty'", "territory B", "points"),
        ("du texte dans une colonne de nombres", "« plenty »", "territoire B", "points"),
        [{"code": "A", "points": 1}, {"code": "B", "points": "plenty"}],
    ),
    Bad(
        "code-twice",
        PAGE,
        TerritoriesError,
        ("'A' is already that of row",),
        ("« A » est déjà celui de la ligne",),
        [{"code": "A", "points": 1}, {"code": "A", "points": 2}],
    ),
    Bad(
        "code-missing",
        PAGE,
        TerritoriesError,
        ("a row without a code",),
        ("une ligne sans code",),
        [{"code": "A", "points": 1}, {"code": "", "points": 2}],
    ),
    Bad(
        "code-too-long",
        PAGE.replace("key: code", "key: {column: code, width: 2}"),
        TerritoriesError,
        ("'100' has more than 2 digits",),
        ("« 100 » a plus de 2 chiffres",),
        [{"code": "1", "points": 1}, {"code": "100", "points": 2}],
    ),
    Bad(
        "below-the-range",
        PAGE + "columns: {points: {range: [0, 10]}}\n",
        TerritoriesError,
        ("territory B", "points"),
        ("territoire B", "points"),
        [{"code": "A", "points": 1}, {"code": "B", "points": -2}],
    ),
    Bad(
        "neither-yes-nor-no",
        PAGE + "columns: {points: {kind: yes_no}}\n",
        TerritoriesError,
        ("'perhaps' is neither yes nor no", "territory B"),
        ("« perhaps » n'est ni oui ni non", "territoire B"),
        [{"code": "A", "points": "yes"}, {"code": "B", "points": "perhaps"}],
    ),
]

PAGES = [
    Bad(
        "unknown-key",
        PAGE.replace("envelope:", "enveloppe:"),
        FormulaError,
        ("unknown key 'enveloppe'", "did you mean 'envelope'", "(line 6)"),
        ("clé inconnue « enveloppe »", "vouliez-vous dire « envelope »", "(ligne 6)"),
    ),
    Bad(
        "duplicate-key",
        PAGE + "id: again\n",
        FormulaError,
        ("'id' stands twice (first on line 2)", "line 9"),
        ("« id » figure deux fois (d'abord à la ligne 2)", "ligne 9"),
    ),
    Bad("missing-key", HEAD + "envelope: 100\n", FormulaError, ("key 'parts' is missing",), ("clé « parts » manque",)),
    Bad(
        "cycle",
        PAGE + "variables: {a: b + 1, b: c, c: 2 * a}\n",
        FormulaError,
        ("rest on each other in a circle", " → "),
        ("reposent en cercle", " → "),
    ),
    Bad(
        "envelope-negative",
        PAGE.replace("100", "-100"),
        FormulaError,
        ("envelope is negative (-100)",),
        ("l'enveloppe est négative (-100)",),
    ),
    Bad(
        "envelope-not-a-multiple",
        PAGE.replace("100", "100.50"),
        FormulaError,
        ("100.50 is not a multiple of the rounding unit 1",),
        ("100.50 n'est pas un multiple de l'unité d'arrondi 1",),
    ),
    Bad("envelope-nan", PAGE.replace("100", ".nan"), FormulaError, ("'.nan'", "envelope"), ("« .nan »", "envelope")),
    Bad(
        "levy-of-the-remainder",
        PAGE.replace("remainder,", "remainder, levy: true,"),
        FormulaError,
        ("'grant' is a levy, which cannot take the remainder",),
        ("« grant » est un prélèvement, qui ne peut prendre le reste",),
    ),
    Bad(
        "two-remainders",
        PAGE + "  - {id: other, pool: remainder, share: equally}\n",
        FormulaError,
        ("several parts share the remainder: grant, other",),
        ("plusieurs volets se partagent le reste : grant, other",),
    ),
    Bad(
        "remainder-of-nothing",
        HEAD + GRANT,
        FormulaError,
        ("'grant' takes a share of an envelope, and the page has none",),
        ("« grant » prend une part d'une enveloppe, et la page n'en a pas",),
    ),
    Bad(
        "label-as-a-number",
        shared_by("where(region == 'north', region, 2)"),
        FormulaError,
        ("'region' is compared with labels", "used as a number"),
        ("« region » est comparé à des étiquettes", "comme un nombre"),
    ),
    Bad(
        "label-ordered",
        shared_by("region > 'north'"),
        FormulaError,
        ("a label in", "compared in a way that labels cannot be"),
        ("une étiquette dans", "comparée comme une étiquette ne peut l'être"),
    ),
    Bad(
        "label-against-a-sum",
        shared_by("points + 1 == 'north'"),
        FormulaError,
        ("a label in", "compared with a calculation"),
        ("une étiquette dans", "comparée à un calcul"),
    ),
    Bad(
        "label-alone",
        shared_by("'north'"),
        FormulaError,
        ("label 'north'", "not compared with anything"),
        ("étiquette « north »", "n'est comparée à rien"),
    ),
    Bad(
        "name-twice",
        PAGE + "constants: {grant: 5}\n",
        FormulaError,
        ("'grant' is already taken by constants.grant",),
        ("« grant » est déjà pris par constants.grant",),
    ),
    Bad(
        "name-of-the-language",
        PAGE + "constants: {previous: 5}\n",
        FormulaError,
        ("'previous' is a word of the language",),
        ("« previous » est un mot du langage",),
    ),
    Bad(
        "previous-of-nothing",
        limited("  - {id: pace, at_least: 0.9 * previous}\n"),
        FormulaError,
        ("`previous` is used, and the page does not say what it is",),
        ("`previous` est employé, et la page ne dit pas ce que c'est",),
    ),
    Bad(
        "amount-too-early",
        shared_by("amount"),
        FormulaError,
        ("`amount` is not known yet",),
        ("`amount` n'est pas encore connu",),
    ),
    Bad(
        "part-not-yet",
        PAGE + "  - {id: late, pool: {each: 1}, share: equally}\n  - {id: last, share: {as_is: 0 * end}}\n"
        "  - {id: end, share: {as_is: 0}}\n",
        FormulaError,
        ("part 'end' is not known yet here",),
        ("volet « end » n'est pas encore connu ici",),
    ),
    Bad(
        "eligibility-by-those-eligible",
        PAGE + "eligible:\n  - {where: points < average(points)}\n",
        FormulaError,
        ("who takes part depends on average() over those who take part", "among=all"),
        ("qui participe dépend de average() sur ceux qui participent", "among=all"),
    ),
    Bad(
        "table-unknown",
        shared_by("step(points, clases)", HEAD + "envelope: 100\ntables:\n  classes: {from: {0: 1}}\n"),
        FormulaError,
        ("no table 'clases'", "did you mean 'classes'"),
        ("pas de table « clases »", "vouliez-vous dire « classes »"),
    ),
    Bad(
        "table-of-another-kind",
        shared_by("interpolate(points, classes)", HEAD + "envelope: 100\ntables:\n  classes: {from: {0: 1}}\n"),
        FormulaError,
        ("interpolate() cannot use the table 'classes'", "points"),
        ("interpolate() ne peut pas se servir de la table « classes »", "points"),
    ),
    Bad(
        "table-that-does-not-rise",
        PAGE + "tables:\n  classes: {up_to: {20: 1, 10: 2}}\n",
        FormulaError,
        ("edges of the table do not rise", "tables.classes"),
        ("seuils de la table ne vont pas en croissant", "tables.classes"),
    ),
    Bad(
        "limit-of-an-unknown-part",
        limited("  - {id: pace, part: grants, at_most: 5}\n"),
        FormulaError,
        ("no part 'grants'", "did you mean 'grant'"),
        ("pas de volet « grants »", "vouliez-vous dire « grant »"),
    ),
    Bad(
        "limit-of-nothing",
        limited("  - {id: pace, then: hold}\n"),
        FormulaError,
        ("'pace' bounds nothing",),
        ("« pace » ne pose ni plancher ni plafond",),
    ),
    Bad(
        "ceiling-on-top",
        limited("  - {id: pace, at_most: 5, fund: on_top}\n"),
        FormulaError,
        ("'pace' is funded on top", "only suits a floor"),
        ("« pace » est financée en sus", "plancher"),
    ),
    Bad(
        "two-ways-to-fill-a-pool",
        PAGE.replace("remainder", "{each: 1, amount: 2}"),
        FormulaError,
        ("exactly one way (here: each, amount)",),
        ("d'une seule façon (ici : each, amount)",),
    ),
    Bad(
        "unit-of-zero",
        PAGE.replace("{to: 1}", "{to: 0}"),
        FormulaError,
        ("cannot be rounded to 0",),
        ("arrondir à 0",),
    ),
    Bad(
        "comma-inside-braces",
        PAGE.replace("points}", "max(0, points)}"),
        FormulaError,
        ("a comma inside {…}", "quotes", "(line 8)"),
        ("une virgule entre {…}", "guillemets", "(ligne 8)"),
    ),
    Bad("tab", PAGE + "columns:\n\tpoints: x\n", FormulaError, ("tab", "spaces"), ("tabulation", "espaces")),
    Bad("not-yaml", PAGE + "title: [", FormulaError, ("cannot be read as YAML",), ("ne peut pas être lue",)),
    Bad("null-byte", PAGE + "title: a\0b\n", FormulaError, ("cannot be read as YAML",), ("ne peut pas être lue",)),
    Bad(
        "not-a-page",
        "just words\n",
        FormulaError,
        ("not made of keys and values",),
        ("pas faite de clés et de valeurs",),
    ),
    Bad(
        "normaliser-unknown",
        scored("{normalise: min-mx, criteria: {points: 1}}"),
        FormulaError,
        ("no normaliser 'min-mx'", "did you mean 'min-max'"),
        ("pas de normalisation « min-mx »", "vouliez-vous dire « min-max »"),
    ),
]


@pytest.mark.parametrize("bad", [*SHARING, *VALUES, *TABLES, *PAGES], ids=lambda bad: bad.name)
def test_says_what_is_wrong_in_both_languages(bad: Bad) -> None:
    error = refusal(bad.page, bad.rows)
    assert isinstance(error, bad.kind)
    english, french = error.text("en"), error.text("fr")
    assert [words for words in bad.english if words not in english] == [], english
    assert [words for words in bad.french if words not in french] == [], french


def test_an_empty_table_is_refused() -> None:
    for rows in ([], {"code": [], "points": []}):
        error = refusal(PAGE, rows)
        assert isinstance(error, TerritoriesError | SharingError)
        assert error.text("en") != error.text("fr")


# Hostile expressions: nothing a page says is ever run by Python.

HOSTILE = {
    "attribute": "points.real",
    "dunder": "points.__class__.__bases__",
    "subscript": "points[0]",
    "slice": "points[::2]",
    "call of a call": "max(1, 2)(3)",
    "call of an attribute": "points.sum()",
    "import": "__import__('os')",
    "eval": "eval('1')",
    "getattr": "getattr(points, 'real')",
    "lambda": "lambda: 1",
    "list comprehension": "[points for points in points]",
    "generator": "max(x for x in points)",
    "set": "{1, 2}",
    "mapping": "{1: 2}",
    "list": "[1, 2]",
    "walrus": "(y := 1)",
    "f-string": 'f"{points}"',
    "bytes": 'b"north"',
    "ellipsis": "...",
    "star": "max(*points)",
    "double star": "total(points, **points)",
    "await": "await points",
    "yield": "(yield points)",
    "if else": "1 if points else 2",
    "floor division": "points // 2",
    "remainder": "points % 2",
    "matrix product": "points @ points",
    "shift": "points << 1",
    "bits": "points & 1",
    "inversion": "~points",
    "identity": "points is 1",
    "True": "True",
    "None": "None",
    "imaginary": "1j",
    "two statements": "points; points",
    "assignment": "points = 1",
    "way out of the parentheses": "points) + (points",
    "unknown function": "print(points)",
    "unbalanced": "((points)",
    "trailing operator": "points +",
    "infinity": "1e999",
    "many digits": "9" * 400,
    "deep nesting": "(" * 300 + "points" + ")" * 300,
    "deep minus": "-" * 500 + "points",
    "deep sum": "points" + " + points" * 100,
    "deep calls": "abs(" * 70 + "points" + ")" * 70,
    "deep powers": "points" + " ** points" * 100,
    "very long": "points" * 1000,
    "keyword of a row function": "abs(points, by=points)",
    "label with a keyword": "starts_with(points, 'a', by=points)",
    "aggregate over all of nothing": "total()",
    "all as a number": "all",
    "Arabic digits": "٣٠٠",
    "fullwidth digits": "３００",
    "zero-width space": "points\u200b",
    "right-to-left override": "points\u202e",
    "superscript": "points²",
    "square root sign": "√points",
    "non-breaking space and letters": "points\u00a0x",
    "typographic quotes": "region == “north”",
    "caret": "points ^ 2",
    "signs of logic": "points && points",
    "empty": " ",
}


@pytest.mark.parametrize("expression", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_expressions_are_refused_in_sentences(expression: str) -> None:
    with pytest.raises(FormulaError) as caught:
        Formula.from_text(shared_by(expression))
    english, french = caught.value.text("en"), caught.value.text("fr")
    assert english != french
    assert all("parts.grant.share.in_proportion_to (line 9)" in line for line in english.splitlines()), english
    assert all("(ligne 9)" in line for line in french.splitlines()), french


@pytest.mark.parametrize("name", ["роints", "pоints", "poіnts"], ids=["Cyrillic p, o", "Cyrillic o", "Cyrillic i"])
def test_a_look_alike_letter_names_no_column(name: str) -> None:
    """A Cyrillic letter that looks Latin is another letter: the column is not found, and the near one is named."""
    text = refusal(shared_by(name)).text("en")
    assert f"no column '{name}'" in text
    assert "did you mean 'points'" in text


def test_a_page_with_an_alias_to_itself_is_refused() -> None:
    assert refusal(PAGE + "decision: &d {adopted_by: *d}\n").problems


def test_a_page_that_aliases_swell_is_refused() -> None:
    laughs = "".join(f"  x{at}: &x{at} [{', '.join([f'*x{at - 1}'] * 10) if at else 'a'}]\n" for at in range(9))
    assert "too large" in refusal(PAGE + "decision:\n" + laughs).text("en")


# Several mistakes are told together.


def test_all_mistakes_of_a_page_come_at_once() -> None:
    error = refusal(
        HEAD
        + "envelope: 10,000\n"
        + "colums: {points: x}\n"
        + "constants: {rate: 5 %}\n"
        + "parts:\n"
        + "  - {id: base, pool: {each: 1}, share: equaly}\n"
        + "  - {id: grant, pool: remainder, share: {in_proportion_to: points ^ 2}}\n"
        + "limits:\n  - {id: pace, at_leest: 5}\n"
    )
    lines = error.text("en").splitlines()
    wanted = {
        "a comma": "line 6",
        "unknown key 'colums'": "line 7",
        "'5 %' is not a plain number": "line 8",
        "shared in exactly one way": "line 10",
        "uses the sign ^": "line 11",
        "unknown key 'at_leest'": "line 13",
    }
    for words, line in wanted.items():
        assert [text for text in lines if words in text and line in text], (words, lines)
    assert len(error.text("fr").splitlines()) == len(lines)


def test_all_mistakes_among_names_come_at_once() -> None:
    error = refusal(
        HEAD
        + "envelope: 100.5\n"
        + "variables: {twice: 2 * points}\nconstants: {twice: 2}\n"
        + "parts:\n"
        + "  - {id: one, pool: remainder, share: {in_proportion_to: step(points, steps)}}\n".replace(
            "step(", '"step('
        ).replace("s)}", 's)"}')
        + "  - {id: two, pool: remainder, share: {in_proportion_to: previous}}\n"
        + "limits:\n  - {id: pace, part: three, at_most: 5}\n"
    )
    text = error.text("en")
    for words in (
        "100.5 is not a multiple",
        "'twice' is already taken",
        "no table 'steps'",
        "several parts share the remainder",
    ):
        assert words in text
    for words in ("`previous` is used", "no part 'three'"):
        assert words in text


def test_all_mistakes_of_a_table_come_at_once() -> None:
    rows = [{"code": "A", "points": "plenty"}, {"code": "B", "points": "few"}]
    text = refusal(PAGE.replace("in_proportion_to: points", "in_proportion_to: points * other * another"), rows).text(
        "en"
    )
    assert "'plenty'" in text
    assert "'few'" in text
    assert "no column 'other'" in text
    assert "no column 'another'" in text


def test_every_cause_of_a_missing_score_is_told_with_its_codes() -> None:
    text = refusal(shared_by("log(points - 1) + 1 / (points - 2) + where(points == 3, null, 1)")).text("en")
    assert "logarithm of a number that is not positive for A" in text
    assert "divides by zero for B" in text
    assert "for C" in text


# Faults that are known and not mended yet: each says what ought to come out.


def amounts(page: str, rows: Any = ROWS) -> dict[str, float]:
    result = allocate(Formula.from_text(page), rows)
    return dict(zip(result.codes, result.amounts.tolist(), strict=True))


@pytest.mark.parametrize("envelope", ['"(60)"', "0x3C", '"60 # all"', '"- 6"', "1e30"])
def test_an_envelope_is_read_or_refused_however_it_is_written(envelope: str) -> None:
    try:
        assert amounts(PAGE.replace("100", envelope)) == {"A": 10, "B": 20, "C": 30}
    except EquiteError as error:
        assert "envelope" in error.text("en")


@pytest.mark.parametrize("expression", ["unknown ** 0", "1 ** unknown"])
def test_a_power_of_null_is_null(expression: str) -> None:
    assert "'unknown' has no value for A" in refusal(shared_by(expression)).text("en")


def test_among_a_number_takes_all_but_zero() -> None:
    assert amounts(HEAD + "envelope: total(before, among=points)\n" + GRANT) == {"A": 10, "B": 20, "C": 30}


@pytest.mark.parametrize(
    ("where", "floors", "wanted"),
    [
        ("part", [60, "", ""], [30, 0, 0]),
        ("part", [7, 2, 51], [3.5, 1, 25.5]),
        ("limit", [60, "", ""], [30, 0, 0]),
        ("limit", [7, 2, 51], [3.5, 1, 25.5]),
    ],
)
def test_a_part_prorates_floors_that_it_cannot_pay(where: str, floors: list[Any], wanted: list[float]) -> None:
    bound = "at_least: floor, if_short: prorate"
    page = HEAD.replace("to: 1", "to: 0.1") + "envelope: 30\n"
    if where == "part":
        page += f"parts:\n  - {{id: grant, pool: remainder, share: {{in_proportion_to: points}}, {bound}}}\n"
    else:
        page += GRANT + f"limits:\n  - {{id: minimum, part: grant, {bound}}}\n"
    rows = [{"code": c, "points": p, "floor": f} for c, p, f in zip("ABC", [1, 8, 3], floors, strict=True)]
    assert amounts(page, rows) == dict(zip("ABC", wanted, strict=True))


def test_a_decided_amount_is_frozen_for_later_decisions_too() -> None:
    first = "  - {id: first, override: {code: A, amount: 70, reason: flood}}\n"
    second = "  - {id: second, override: {code: A, amount: 20, reason: drought}}\n"
    try:
        assert amounts(limited(first + second))["A"] == 70
    except SharingError as error:
        assert "A" in error.text("en")


def test_two_decisions_for_one_territory_are_refused() -> None:
    twice = "{code: A, amount: 70, reason: flood}, {code: A, amount: 20, reason: drought}"
    assert "A" in refusal(limited(f"  - {{id: decision, override: [{twice}]}}\n")).text("en")


def test_a_group_bound_missing_for_some_members_is_refused() -> None:
    for code in ("A", "B"):
        limit = f"  - {{id: regions, by: region, at_least: \"where(code == '{code}', 60, null)\"}}\n"
        assert "bound differs among members" in refusal(limited(limit)).text("en")


@pytest.mark.parametrize("envelope", ["envelope: 100\n", ""], ids=["on top", "no envelope"])
def test_a_group_cap_stays_in_force(envelope: str) -> None:
    pool = "remainder" if envelope else "{amount: 100}"
    fund = ", fund: on_top" if envelope else ""
    page = HEAD + envelope + GRANT.replace("remainder", pool) + "  - {id: one, share: {as_is: 0}}\n"
    page += "limits:\n  - {id: regions, by: region, at_most: \"where(region == 'north', 40, null)\"}\n"
    page += f"  - {{id: floor, at_least: \"where(code == 'A', 30, null)\"{fund}}}\n"
    try:
        found = amounts(page)
    except SharingError as error:
        assert "north" in error.text("en")
    else:
        assert found["A"] + found["B"] <= 40


@pytest.mark.parametrize("name", ["code", "per_head", "share", "rounding", "minimum"])
def test_a_part_that_is_named_like_a_column_of_results_keeps_its_column_or_is_refused(name: str) -> None:
    page = (HEAD + "envelope: 60\npeople: before\n" + GRANT + "limits:\n  - {id: minimum, at_least: 1}\n").replace(
        "grant", name
    )
    try:
        table = allocate(Formula.from_text(page), ROWS).table
    except FormulaError as error:
        assert f"'{name}'" in error.text("en")
    else:
        assert table[name].tolist() == [10, 20, 30]
        assert table.iloc[:, 0].tolist() == ["A", "B", "C"]


@pytest.mark.parametrize("name", ["classes", "all", '""'])
@pytest.mark.parametrize("key", ["within", "by"])
def test_a_key_that_names_no_column_is_refused(key: str, name: str) -> None:
    tables = "tables:\n  classes: {from: {0: 1}}\n"
    group = f"  - {{id: other, pool: {{amount: 10}}, within: {name}, share: equally}}\n"
    pages = {
        "within": PAGE + group + tables,
        "by": limited(f"  - {{id: groups, by: {name}, at_most: 90}}\n") + tables,
    }
    assert refusal(pages[key]).problems


@pytest.mark.parametrize("name", ["classes", "all"])
def test_a_criterion_that_names_no_column_is_refused(name: str) -> None:
    page = scored(f"{{criteria: {{{name}: 1, points: 1}}}}") + "tables:\n  classes: {from: {0: 1}}\n"
    assert f"'{name}'" in refusal(page).text("en")


def test_a_cap_of_zero_warns_through_a_variable_too() -> None:
    page = limited("  - {id: pace, at_most: cap}\n") + "previous: last_year\nvariables: {cap: 5 * previous}\n"
    rows = [{"code": "A", "points": 1, "last_year": 0}, {"code": "B", "points": 1, "last_year": 50}]
    assert "ceiling of 'pace' is 0 for A" in " ".join(allocate(Formula.from_text(page), rows).warnings)
