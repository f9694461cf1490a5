#!/usr/bin/env python3
"""Builds places.tsv: where the numbers of each area code may be, from public metadata.

    python3 -m pip install phonenumbers==9.0.43
    python3 domain/packs/build_places.py 2026.11 > domain/packs/places.tsv

The package carries, per prefix, a place by name and a list of time zones. Both are folded per area code: a number may be
wherever any exchange of its area code is. Three things the metadata gets wrong are put right:
- an overlay has one row and the zone of its parent's largest town; it gets everything its parents have;
- an area code with nothing but that one row, in a state with more than one zone, and whose parents are not listed here,
  gets every zone of its state;
- toll-free, personal and premium numbers are nowhere: they are listed as such, and the engine takes them to be anywhere.
"""
import re
import sys

import phonenumbers
from phonenumbers.geodata import GEOCODE_DATA
from phonenumbers.tzdata import TIMEZONE_DATA

# Area codes laid over others. Only those in states of more than one zone change the outcome; the rest is there so that
# nobody has to think about which they are.
PARENTS = {
    324: [904], 346: [713, 281, 832], 364: [270], 430: [903], 448: [850], 458: [541], 463: [317], 531: [402],
    629: [615], 645: [305, 786], 656: [813], 679: [313], 689: [407], 725: [702], 726: [210], 728: [561], 729: [423],
    737: [512], 754: [954], 786: [305], 930: [812], 945: [214, 469, 972], 947: [248], 971: [503], 986: [208],
    436: [440], 457: [318], 235: [573], 572: [405], 539: [918], 938: [256], 681: [304], 472: [910], 821: [864],
}

# Numbers of these area codes belong to no place.
NOWHERE = {"TOLL_FREE", "PREMIUM_RATE", "PERSONAL_NUMBER", "UAN", "SHARED_COST"}

STATES = {
    "Alabama": "AL", "Alaska": "AK", "Arizona": "AZ", "Arkansas": "AR", "California": "CA", "Colorado": "CO",
    "Connecticut": "CT", "Delaware": "DE", "Florida": "FL", "Georgia": "GA", "Hawaii": "HI", "Idaho": "ID",
    "Illinois": "IL", "Indiana": "IN", "Iowa": "IA", "Kansas": "KS", "Kentucky": "KY", "Louisiana": "LA", "Maine": "ME",
    "Maryland": "MD", "Massachusetts": "MA", "Michigan": "MI", "Minnesota": "MN", "Mississippi": "MS", "Missouri": "MO",
    "Montana": "MT", "Nebraska": "NE", "Nevada": "NV", "New Hampshire": "NH", "New Jersey": "NJ", "New Mexico": "NM",
    "New York": "NY", "North Carolina": "NC", "North Dakota": "ND", "Ohio": "OH", "Oklahoma": "OK", "Oregon": "OR",
    "Pennsylvania": "PA", "Rhode Island": "RI", "South Carolina": "SC", "South Dakota": "SD", "Tennessee": "TN",
    "Texas": "TX", "Utah": "UT", "Vermont": "VT", "Virginia": "VA", "Washington State": "WA", "Washington D.C.": "DC",
    "West Virginia": "WV", "Wisconsin": "WI", "Wyoming": "WY",
}
CODES = set(STATES.values())

# Island countries and territories under +1; the metadata names their towns.
ISLANDS = {
    242: "BS", 246: "BB", 264: "AI", 268: "AG", 284: "VG", 340: "VI", 345: "KY", 441: "BM", 473: "GD", 649: "TC",
    658: "JM", 664: "MS", 670: "MP", 671: "GU", 684: "AS", 721: "SX", 758: "LC", 767: "DM", 784: "VC", 787: "PR",
    809: "DO", 829: "DO", 849: "DO", 868: "TT", 869: "KN", 876: "JM", 939: "PR",
}
TERRITORIES = {"AS", "GU", "MP", "PR", "VI"}
TERRITORY_ZONES = {
    "AS": "Pacific/Pago_Pago", "GU": "Pacific/Guam", "MP": "Pacific/Saipan", "PR": "America/Puerto_Rico",
    "VI": "America/St_Thomas",
}


def rows_of(table, area):
    prefix = f"1{area}"
    return {key: value for key, value in table.items() if key.startswith(prefix)}


def state_of(place):
    ending = re.search(r", ([A-Z]{2})$", place)
    code = ending.group(1) if ending else STATES.get(place)
    return code if code in CODES else None


def kind_of(area):
    number = phonenumbers.parse(f"+1{area}2345678")
    kind = phonenumbers.PhoneNumberType.to_string(phonenumbers.number_type(number))
    return phonenumbers.region_code_for_number(number), kind, phonenumbers.is_valid_number(number)


def zones_of(area):
    return {zone for zones in rows_of(TIMEZONE_DATA, area).values() for zone in zones}


def from_metadata(area):
    """(country, states, zones, whether it says more than the state), or None where the metadata knows nothing."""
    if area in ISLANDS:
        code = ISLANDS[area]
        if code in TERRITORIES:
            return "US", {code}, {TERRITORY_ZONES[code]}, True
        return code, set(), zones_of(area), True
    country, kind, valid = kind_of(area)
    if valid and kind in NOWHERE:
        return "-", set(), set(), True
    places = {key: row["en"] for key, row in rows_of(GEOCODE_DATA, area).items() if "en" in row}
    if not places:
        return ("-", set(), set(), True) if valid else None
    states = {state for state in map(state_of, places.values()) if state}
    if country not in ("US", "CA"):
        country = "US" if states else "CA"
    if country == "US" and not states:
        sys.exit(f"no state for {area}: {places}")
    detailed = len(places) > 3 or any("," in place for place in places.values())
    return country, states if country == "US" else set(), zones_of(area), detailed


def main():
    version = sys.argv[1]
    known = {area: found for area in range(200, 1000) if (found := from_metadata(area))}
    zones_by_state = {}
    for country, states, zones, _ in known.values():
        for state in states if len(states) == 1 else ():
            zones_by_state.setdefault(state, set()).update(zones)
    lines = []
    for area in range(200, 1000):
        if area not in known and area not in PARENTS:
            continue
        parents = [parent for parent in PARENTS.get(area, []) if parent in known]
        country, states, zones, detailed = known.get(area, ("US", set(), set(), False))
        states, zones, basis = set(states), set(zones), "exchanges" if detailed else "area"
        if country == "-":
            basis = "nowhere"
        elif parents:
            states.update(*(known[parent][1] for parent in parents))
            zones.update(*(known[parent][2] for parent in parents))
            basis = "overlay:" + ",".join(map(str, parents))
        elif not detailed and country == "US" and any(zones_by_state[state] - zones for state in states):
            zones.update(*(zones_by_state[state] for state in states))
            basis = "state"
        if country != "-" and not zones:
            sys.exit(f"no zone for {area}")
        lines.append("\t".join([str(area), country, ",".join(sorted(states)) or "-", ",".join(sorted(zones)) or "-", basis]))
    countries = [
        f"+{code}\t{regions[0]}"
        for code, regions in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items())
        if code != 1 and regions[0] != "001"
    ]
    print("# Where numbers may be. Built by build_places.py; do not edit.")
    print(f"# version {version}")
    print(f"# source phonenumbers {phonenumbers.__version__} (libphonenumber metadata, Apache-2.0)")
    print("# area code, country, states, zones, basis")
    print("\n".join(lines))
    print("# calling code, country")
    print("\n".join(countries))


main()
