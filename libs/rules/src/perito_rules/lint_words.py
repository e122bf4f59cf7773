"""Which SQL functions a rule may use, and what to write instead of those it may not.

The list is of what is known to give the same answer whatever the number of threads and the order of rows. A function
that is not on it is refused: the next release of an engine brings new ones, and a list of bad ones would let them in.
"""


def words_of(text: str) -> frozenset[str]:
    """The words of a text; what follows a # is a remark."""
    return frozenset(word for line in text.splitlines() for word in line.partition("#")[0].split())


AGGREGATES = words_of(
    """
    sum count count_if countif min max bool_or bool_and logical_or logical_and bit_and bit_or bit_xor
    bitwise_and_agg bitwise_or_agg bitwise_xor_agg median percentile_disc percentile_cont quantile_disc quantile_cont
    quantile
    """
)
"""Aggregates that do not depend on the order of rows, given exact arguments."""

ORDERED_AGGREGATES = words_of(
    """
    first last any_value arg_min arg_max min_by max_by list array_agg string_agg group_concat listagg arbitrary
    """
)
"""Aggregates whose answer depends on the order of rows: only with an ORDER BY inside that ends in a unique key."""

ORDERED_WINDOWS = words_of(
    """
    row_number lag lead first_value last_value nth_value ntile
    """
)
"""Window functions that tell apart rows which their ORDER BY does not: only over a unique key."""

FREE_WINDOWS = words_of(
    """
    rank dense_rank percent_rank cume_dist
    """
)
"""Window functions that give rows of equal order the same answer."""

FLOATS = words_of(
    """
    sqrt cbrt ln log log2 log10 exp pow power median percentile_cont quantile_cont quantile percent_rank cume_dist
    jaro_winkler_similarity jarowinkler_similarity jaro_similarity
    """
)
"""Functions whose result is binary floating point: to be cast to DECIMAL before it is aggregated or leaves
    its SELECT."""

SCALARS = words_of(
    """
    # choice and type
    cast try_cast trycast try case if coalesce nullif ifnull greatest least typeof exists
    # numbers
    abs round floor ceil ceiling sign trunc mod ratio plain isfinite sqrt cbrt ln log log2 log10 exp pow power bit_count
    # text
    concat concat_ws dpipe lower upper trim ltrim rtrim length len char_length left right substring substr replace
    split split_part str_position strpos position contains starts_with startswith ends_with endswith regexp_like
    regexp_matches regexp_full_match regexp_full_match regexp_replace regexp_extract reverse lpad rpad pad repeat
    chr ascii unicode strip_accents nfc_normalize translate levenshtein jaro_winkler_similarity jarowinkler_similarity
    jaro_similarity
    format printf md5 sha256 json_text grouped left_pad right_pad md5_digest
    # dates and times
    date_add date_sub date_diff datediff date_trunc timestamp_trunc extract year month day hour
    minute second quarter
    week dayofweek day_of_week isodow day_of_week_iso dayofweek_iso dayofyear day_of_year weekofyear week_of_year
    yearweek last_day make_date date_from_parts date strftime time_to_str strptime str_to_time ts_or_ds_to_date
    to_days to_hours to_minutes to_seconds interval epoch_us epoch_ms date_part timestamp age_between
    # lists, structs and JSON
    array list_value struct struct_pack row tuple unnest explode array_sort list_sort list_distinct array_distinct
    list_contains array_contains array_size list_concat array_concat to_json json json_object json_array map
    json_extract json_extract_scalar element_at array_length generate_series range parse_json
    """
)

CLOCKS = words_of(
    """
    now current_date current_time current_timestamp current_datetime today get_current_timestamp get_current_time
    transaction_timestamp localtime localtimestamp utc_timestamp age
    """
)

RANDOM = words_of(
    """
    rand random uuid gen_random_uuid setseed nextval currval randn generate_uuid uuidv7
    """
)

INEXACT = words_of(
    """
    avg mean favg fsum kahan_sum sumkahan stddev stddev_samp stddev_pop variance var_samp var_pop variance_pop corr
    covar_samp covar_pop regr_slope regr_intercept regr_r2 regr_count regr_avgx regr_avgy regr_sxx regr_syy regr_sxy
    skewness kurtosis kurtosis_pop entropy mad geomean geometric_mean product sem
    """
)

ARBITRARY = words_of(
    """
    mode histogram histogram_exact
    """
)

TABLE_FUNCTIONS = words_of(
    """
    generate_series range unnest explode
    """
)
"""Functions that may stand in FROM: they make rows out of values and read nothing."""


def remedy(name: str) -> str:
    """What to write instead of a function that is not allowed."""
    if name in CLOCKS:
        return "a rule must not know the time: take a date from the tables or a parameter"
    if name in RANDOM:
        return "chance has no place in a rule"
    if name.startswith(("approx_", "reservoir_")) or name in {"approxdistinct", "hll"}:
        return "approximations differ between runs: use the exact function"
    if name in INEXACT:
        return "its floating point sum depends on threads: write ratio(sum(x), count(x)), or do it in a function rule"
    if name in ARBITRARY:
        return "ties are broken by chance: group, order by count and key, and take the first"
    return "it is not on the list of functions known to be reproducible (lint_words.py): add it there with a test"
