"""A crosswalk: from one set of boundaries to another, by what each two have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import pandas as pd

from equite.arguments import takes
from equite.errors import Problem, Problems, TerritoriesError
from equite.inputs.cells import tidy
from equite.inputs.crosswalk.carrying import WantedColumn, carried
from equite.inputs.crosswalk.composing import composed
from equite.inputs.crosswalk.links import Floats, Links
from equite.inputs.crosswalk.matching import coherence, overlap
from equite.inputs.crosswalk.pieces import Rest, Stated, read_pieces, refuse_shared
from equite.inputs.crosswalk.showing import crosswalk_line
from equite.inputs.indicators.tables import Keyed
from equite.inputs.territories import Territories
from equite.wording import Codes, preferred_language

if TYPE_CHECKING:
    from equite.inputs.crosswalk.carried import Carried

__all__ = ["Crosswalk"]

Side = Literal["source", "target"]


@dataclass(frozen=True, eq=False, repr=False)
class Crosswalk:
    """Pieces that sources and targets have in common, each with a weight: people, dwellings, km².

    A piece may belong to no target (people who live outside them all) or to no source (people about whom the sources
    say nothing). Neither is lost: results report them.

    Attributes
    ----------
    links : Links
        The pieces, as arrays.
    source, target, weight : str
        What the sources, the targets and the weight in use are called.

    Examples
    --------
    >>> pieces = {"area": ["1", "2", "2"], "county": ["N", "N", "S"], "people": [100, 60, 40]}
    >>> crosswalk = equite.Crosswalk.of_pieces(pieces, source="area", target="county", weight="people")
    >>> crosswalk.sources, crosswalk.targets, crosswalk.shares.tolist()
    (('1', '2'), ('N', 'S'), [1.0, 0.6, 0.4])
    """

    links: Links
    source: str
    target: str
    weight: str

    @classmethod
    @takes(TerritoriesError)
    def of_pieces(
        cls,
        table: object,
        *,
        source: str,
        target: str,
        weight: str | Sequence[str],
        whole: str | Keyed | None = None,
        tolerance: float = 0.0,
        rest: Rest = "refuse",
        nested: bool = False,
    ) -> Crosswalk:
        """Make a crosswalk of a table of pieces: one row for each source and target that have something in common.

        Parameters
        ----------
        table : path, frame, mapping, sequence of mappings or Territories
            The pieces. A pair of codes given twice is refused: it is more often a mistake than two pieces.
        source, target : str
            The headings of the codes. A blank one means: in no source, in no target.
        weight : str or sequence of str
            The heading of what is split: people, or any quantity that adds up. Of several, the first is used, and
            :meth:`by` chooses another.
        whole : str, mapping or Series, optional
            What the pieces of each source must sum to: the heading of a column that repeats it beside each piece, or
            numbers keyed by source.
        tolerance : float, default 0
            The gap allowed between a whole and its pieces, as a share of the whole, 0 to 1.
        rest : {"refuse", "unplaced"}, default "refuse"
            Where the pieces fall short by more: refuse, or count the rest as belonging to no target.
        nested : bool, default False
            Whether each source must lie in one target only.

        Returns
        -------
        Crosswalk
            From the sources to the targets, by the (first) weight.

        Raises
        ------
        TerritoriesError
            With every weight that is missing or negative, piece given twice, source whose pieces do not sum to its
            whole, or that lies in two targets where it must not.

        Examples
        --------
        >>> equite.Crosswalk.of_pieces(pieces, source="area", target="county", weight="people").weights.tolist()
        [100.0, 60.0, 40.0]
        """
        read = Territories.of(table, text=[source, target])
        return cls._of(read, (source, target), weight, False, Stated(whole, tolerance, rest), nested)

    @classmethod
    @takes(TerritoriesError)
    def of_small_areas(
        cls,
        table: object,
        *,
        source: str,
        target: str,
        weight: str | Sequence[str],
        area: str | None = None,
        whole: str | Keyed | None = None,
        tolerance: float = 0.0,
        rest: Rest = "refuse",
        nested: bool = False,
    ) -> Crosswalk:
        """Make a crosswalk of small areas that carry both codes: those of the same source and target are added up.

        Parameters
        ----------
        table : path, frame, mapping, sequence of mappings or Territories
            One row for each small area: a municipality, a block, a dwelling.
        source, target : str
            The headings of the codes. A blank one means: in no source, in no target.
        weight : str or sequence of str
            The heading of what is split: people, or any quantity that adds up. Of several, the first is used, and
            :meth:`by` chooses another.
        whole : str, mapping or Series, optional
            What the pieces of each source must sum to: the heading of a column that repeats it beside each piece, or
            numbers keyed by source.
        tolerance : float, default 0
            The gap allowed between a whole and its pieces, as a share of the whole, 0 to 1.
        rest : {"refuse", "unplaced"}, default "refuse"
            Where the pieces fall short by more: refuse, or count the rest as belonging to no target.
        nested : bool, default False
            Whether each source must lie in one target only.
        area : str, optional
            The heading of the areas' own codes; given, none may be missing or stand twice.

        Returns
        -------
        Crosswalk
            From the sources to the targets, by the (first) weight.

        Raises
        ------
        TerritoriesError
            With every weight that is missing or negative, piece given twice, source whose pieces do not sum to its
            whole, or that lies in two targets where it must not.

        Examples
        --------
        >>> blocks = {"area": ["1", "1", "2"], "county": ["N", "N", "S"], "people": [60, 40, 50]}
        >>> equite.Crosswalk.of_small_areas(blocks, source="area", target="county", weight="people").weights.tolist()
        [100.0, 50.0]
        """
        read = Territories.of(table, key=area, text=[source, target])
        return cls._of(read, (source, target), weight, True, Stated(whole, tolerance, rest), nested)

    @classmethod
    @takes(TerritoriesError)
    def of_polygons(
        cls,
        source_layer: object,
        target_layer: object,
        *,
        source: str,
        target: str,
        weight: str | None = None,
        minimum_share: float = 1e-9,
        nested: bool = False,
    ) -> Crosswalk:
        """Make a crosswalk of two layers of polygons, by the area that they have in common.

        Within a source, people are taken to be spread evenly over its area: the weakest of the three ways, for who has
        nothing better. Lakes and forests count like streets; prefer small areas that carry both codes.

        Areas are cut with geopandas, which ``pip install 'equite[geo]'`` brings. tobler would compute the same shares
        (its extensive tables are area over area) with a dozen heavy libraries more, and would not tell what lies in no
        target.

        Parameters
        ----------
        source_layer, target_layer : path or geopandas.GeoDataFrame
            Polygons, one row a code. Their coordinates must be projected, best in an equal-area projection; those of
            the targets are put in the sources' projection.
        source, target : str
            The headings of the codes in each layer.
        weight : str, optional
            The heading, in the source layer, of the people (or other quantity that adds up) to spread over its area. By
            default the weight is the area itself, in the square of the projection's unit.
        minimum_share : float, optional
            Overlaps below this share of the source's area are slivers of two drawings of one line: taken as nothing.
        nested : bool, default False
            Whether each source must lie in one target only.

        Returns
        -------
        Crosswalk
            From the sources to the targets, by people or by area.

        Raises
        ------
        TerritoriesError
            If geopandas is not installed; with every layer whose coordinates are not projected, shape that is no valid
            polygon, code missing or repeated, targets or sources that overlap one another.

        References
        ----------
        Goodchild and Lam (1980), "Areal interpolation: a variant of the traditional spatial problem",
        *Geo-Processing* 1.

        Examples
        --------
        >>> import geopandas as gpd
        >>> from shapely import box
        >>> left, right = box(0, 0, 1, 1), box(1, 0, 2, 1)
        >>> areas = gpd.GeoDataFrame({"area": ["1"]}, geometry=[box(0, 0, 2, 1)], crs="EPSG:32198")
        >>> counties = gpd.GeoDataFrame({"county": ["N", "S"]}, geometry=[left, right], crs="EPSG:32198")
        >>> equite.Crosswalk.of_polygons(areas, counties, source="area", target="county").shares.tolist()
        [0.5, 0.5]
        """
        from equite.inputs.crosswalk.polygons import read_polygons

        links, name = read_polygons(source_layer, target_layer, source, target, weight, minimum_share)
        return cls._checked(links, source, target, name, nested)

    @classmethod
    def _of(
        cls,
        table: Territories,
        sides: tuple[str, str],
        weight: str | Sequence[str],
        repeated: bool,
        stated: Stated,
        nested: bool,
    ) -> Crosswalk:
        names = [tidy(name) for name in ([weight] if isinstance(weight, str) else weight)]
        if not names:
            problems = Problems(TerritoriesError)
            problems.add("crosswalk-weightless")
            problems.refuse()
        source, target = map(tidy, sides)
        links = read_pieces(table, source, target, names, repeated=repeated)
        return cls._checked(stated.held(links, names, table, source), source, target, names[0], nested)

    @classmethod
    def _checked(cls, links: Links, source: str, target: str, weight: str, nested: bool) -> Crosswalk:
        if nested:
            refuse_shared(links, weight)
        return cls(links, source, target, weight)

    @property
    def sources(self) -> tuple[str, ...]:
        """The codes of the sources, sorted."""
        return self.links.sources

    @property
    def targets(self) -> tuple[str, ...]:
        """The codes of the targets, sorted."""
        return self.links.targets

    @property
    def weights(self) -> Floats:
        """The weight in use, of each piece, shape (pieces,)."""
        return self.links.weights[self.weight]

    @property
    def shares(self) -> Floats:
        """What part of its source each piece is, 0 to 1, shape (pieces,)."""
        return self.links.shares[self.weight]

    @property
    def pieces(self) -> pd.DataFrame:
        """Every piece: ``source`` and ``target`` (None for none), ``weight``, ``share`` of its source."""
        links = self.links
        return pd.DataFrame(
            {
                "source": links.codes(links.sources, links.source),
                "target": links.codes(links.targets, links.target),
                "weight": self.weights,
                "share": self.shares,
            }
        )

    @property
    def unplaced(self) -> pd.Series:
        """The weight, by source, of what belongs to no target; only sources of which there is any."""
        nowhere = (self.links.target < 0) & (self.weights > 0)
        index = pd.Index(self.links.codes(self.sources, self.links.source[nowhere]), name=self.source, dtype=object)
        return pd.Series(self.weights[nowhere], index=index, name=self.weight)

    @takes(TerritoriesError)
    def by(self, weight: str) -> Crosswalk:
        """Return the same crosswalk by another of its weights.

        Parameters
        ----------
        weight : str
            Its heading, one of those that the crosswalk was made with.

        Returns
        -------
        Crosswalk
            A new one; this one is as it was.

        Raises
        ------
        TerritoriesError
            The crosswalk has no such weight.

        Examples
        --------
        >>> crosswalk.by("people").weight
        'people'
        """
        if weight not in self.links.weights:
            problems = Problems(TerritoriesError)
            problems.add("crosswalk-no-weight", value=weight, weights=Codes(tuple(self.links.weights)))
            problems.refuse()
        return replace(self, weight=weight)

    @takes(TerritoriesError)
    def carry(
        self,
        table: object,
        *,
        key: str | None = None,
        extensive: Sequence[str] = (),
        intensive: Mapping[str, str | None] | None = None,
        ordinal: Sequence[str] = (),
        partial: bool = False,
    ) -> Carried:
        """Carry the columns of a table of sources to the targets.

        ::

            extensive:  amount_t = Σ_s share_st × amount_s
            intensive:  rate_t   = Σ_s share_st × denominator_s × rate_s / Σ_s share_st × denominator_s
            ordinal:    the level at which half of the target's weight is reached, levels in order

        An extensive column of whole numbers stays whole: within each source, units go by largest remainders, ties to
        the first code. Whatever the column, what is in the table and what belongs to no target add up to its total.

        Parameters
        ----------
        table : path, frame, mapping, sequence of mappings or Territories
            One row for each source. A code that the crosswalk does not have is refused; a source that has no row counts
            as one whose values are missing.
        key : str, optional
            The heading of the sources' codes; by default the table's own key.
        extensive : sequence of str, optional
            Headings of what adds up: people, dollars, hectares. It may be negative.
        intensive : mapping of str to str or None, optional
            Headings of rates and means, each with the heading of its denominator, carried along the same pieces; None
            for the weight of the crosswalk.
        ordinal : sequence of str, optional
            Headings of levels, as numbers.
        partial : bool, optional
            What becomes of an amount of which a part is missing: withheld (False), or the sum of what is known (True).

        Returns
        -------
        Carried
            The table by target, what it covers, what belongs to no target.

        Raises
        ------
        TerritoriesError
            With every unknown code, cell that holds no number, negative denominator, amount of a source whose several
            pieces weigh nothing.

        Examples
        --------
        >>> carried = crosswalk.carry({"area": ["1", "2"], "jobs": [10, 20]}, key="area", extensive=["jobs"])
        >>> carried.table["jobs"].to_dict()
        {'N': 22, 'S': 8}
        """
        return carried(self, table, key, WantedColumn.of(extensive, intensive or {}, ordinal), partial)

    @property
    def cut(self) -> pd.DataFrame:
        """The pieces under 100%: those of sources that do not lie whole in one target."""
        pieces = self.pieces
        return pieces[(pieces["share"] > 0) & (pieces["share"] < 1)].reset_index(drop=True)

    def overlap(self) -> pd.DataFrame:
        """Return the weight that each source (row) and each target (column) have in common.

        Returns
        -------
        pandas.DataFrame
            By code, in the unit of the weight; 0 where they have nothing in common.

        Examples
        --------
        >>> crosswalk.overlap().loc["2"].to_dict()
        {'N': 60.0, 'S': 40.0}
        """
        return overlap(self)

    @takes(TerritoriesError)
    def coherence(self, of: Side = "target", *, minimum_share: float = 0.0) -> pd.DataFrame:
        """Measure how well each territory of one side matches one of the other.

        The columns ``main_overlap_share`` and ``districts_touched`` are those of
        :func:`equite.indicators.boundaries`, and feed the criteria ``boundary_coherence`` and ``boundary_overlap``.

        Parameters
        ----------
        of : {"target", "source"}
            The territories that are measured, a row each.
        minimum_share : float, optional
            The share of the territory's weight from which a counterpart counts as touched.

        Returns
        -------
        pandas.DataFrame
            By code: ``main``, the counterpart that holds most; ``main_overlap_share``, 0 to 1; ``districts_touched``;
            ``effective_number``, 1 / Σ p² (1: one counterpart; 2: two halves); ``outside``, the share that has no
            counterpart, left out of the others.

        References
        ----------
        Laakso and Taagepera (1979), "Effective" Number of Parties: A Measure with Application to West Europe,
        *Comparative Political Studies* 12(1).

        Examples
        --------
        >>> crosswalk.coherence("source")[["main", "main_overlap_share"]].to_dict("list")
        {'main': ['N', 'N'], 'main_overlap_share': [1.0, 0.6]}
        """
        return coherence(self, of, minimum_share)

    def then(self, other: Crosswalk) -> Crosswalk:
        """Return this crosswalk followed by another, whose sources are its targets: to divisions, then to counties.

        A piece is the product of shares. Amounts come out as if carried twice; the weight stays that of this crosswalk,
        except of what only the other one knows, which counts in the same proportion as there.

        Parameters
        ----------
        other : Crosswalk
            The one to go on with.

        Returns
        -------
        Crosswalk
            From these sources to the other's targets.

        Raises
        ------
        TerritoriesError
            What is given is no crosswalk, or with every target that is no source of the other.

        Examples
        --------
        >>> whole = {"county": ["N", "S"], "country": ["Q", "Q"], "people": [160, 40]}
        >>> on = equite.Crosswalk.of_pieces(whole, source="county", target="country", weight="people")
        >>> crosswalk.then(on).targets
        ('Q',)
        """
        if not isinstance(other, Crosswalk):
            raise TerritoriesError([Problem("crosswalk-then-nothing", {"kind": type(other).__name__})])
        return Crosswalk(composed(self, other), self.source, other.target, self.weight)

    def reversed(self) -> Crosswalk:
        """Return the way back: from the targets to the sources, by the same pieces.

        Returns
        -------
        Crosswalk
            A new one; this one is as it was.

        Examples
        --------
        >>> crosswalk.reversed().sources
        ('N', 'S')
        """
        return Crosswalk(self.links.swapped(), self.target, self.source, self.weight)

    def __repr__(self) -> str:
        """Say what leads to what."""
        return crosswalk_line(self, preferred_language())
