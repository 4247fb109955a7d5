"""Words of the Core Business Vocabulary (CBV 2.0) and their short, URN, compact and web forms."""

from dataclasses import dataclass

WEB = "https://ref.gs1.org/cbv/"
GS1_VOCABULARY = "https://gs1.org/voc/"

EVENT_TYPES = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")
ACTIONS = ("ADD", "OBSERVE", "DELETE")

# Prefixes that the standard EPCIS context declares, so that documents need not.
STANDARD_PREFIXES = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": WEB,
    "gs1": GS1_VOCABULARY,
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
# The namespace of our own steps and fields; a document from outside must declare it as any other.
OWN_PREFIXES = {"jl": "https://ns.jiulian.example/epcis/"}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One list of CBV words; `web` and `urn` are what stands before the word in the long forms."""

    name: str
    web: str
    urn: str | None
    words: frozenset[str]

    def short(self, value: str) -> str | None:
        """The CBV word that `value` means in any of its forms, or None when it is no CBV word."""
        for front in (self.web, self.urn, "cbv:" + self.web.removeprefix(WEB)):
            if front and value.startswith(front):
                value = value[len(front) :]
                break
        return value if value in self.words else None

    def claims(self, value: str) -> bool:
        """Whether `value` says that it is a CBV word: a bare word, or one of the CBV forms."""
        return ":" not in value or value.startswith((self.web, self.urn or self.web))

    def long(self, value: str) -> str:
        """The web form of a bare word or a CBV URN; everything else comes back as it is."""
        if ":" not in value:
            return self.web + value
        if self.urn and value.startswith(self.urn):
            return self.web + value[len(self.urn) :]
        return value


def _vocabulary(name: str, web: str, urn: str | None, words: str) -> Vocabulary:
    return Vocabulary(name, WEB + web, urn and f"urn:epcglobal:cbv:{urn}:", frozenset(words.split()))


BIZ_STEP = _vocabulary(
    "business step",
    "BizStep-",
    "bizstep",
    """accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting
    decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting
    installing killing loading other packing picking receiving removing repackaging repairing replacing reserving
    retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting
    unloading unpacking void_shipping""",
)
DISPOSITION = _vocabulary(
    "disposition",
    "Disp-",
    "disp",
    """active available completeness_inferred completeness_verified conformant container_closed container_open
    damaged destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class
    mismatch_instance mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other
    partially_dispensed recalled reserved retail_sold returned sellable_accessible sellable_not_accessible stolen
    unavailable unknown""",
)
BIZ_TRANSACTION_TYPE = _vocabulary(
    "business transaction type",
    "BTT-",
    "btt",
    "bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt",
)
SOURCE_DESTINATION_TYPE = _vocabulary(
    "source or destination type", "SDT-", "sdt", "location owning_party possessing_party"
)
ERROR_REASON = _vocabulary("error reason", "ER-", "er", "did_not_occur incorrect_data")
COMPONENT = _vocabulary(
    "sensor component",
    "Comp-",
    None,
    """altitude axial_distance azimuth easting elevation_angle height latitude longitude northing polar_angle
    rotational_angle spherical_radius x y z""",
)
