"""Prefixes of ships' names, such as "HMS" in "HMS Brackenfell", from NATO's and the navies' own lists of ships."""

# These mean a ship in whatever case and before whatever type of name they stand; "Le" or "Ins" does not.
UNMISTAKABLE = ("USS", "USNS", "USCGC", "RFA", "MV", "SS", "FGS")
ROYAL = ("HMS", "HMCS", "HMAS", "HMNZS")
PREFIXES = (
    *ROYAL, *UNMISTAKABLE, "INS", "USAV", "RMAS", "RNMB", "RV", "M/V", "MT", "FS", "ITS", "ESPS", "HNLMS", "HNoMS", "HNOMS",
    "KNM", "HDMS", "HSwMS", "HSWMS", "ORP", "TCG", "BNS", "BGS", "ROS", "NRP", "HS", "JS", "ROKS", "BRP", "KRI", "KD", "RSS",
    "LÉ", "LE", "EML", "LVNS", "LNS", "FNS", "SPS", "SAS",
)  # fmt: skip
