extension ValueGenerator {
    static let texts = [
        "", " ", "\t", "\n", "\u{1}", "\u{1f}", "\u{7f}", "\r\n", "null", "NULL", "0", "-1", "%", "%s %I %L %%", "_",
        "'", "''", "\"", "\\", "\\'", "$$", "$1", "{}", "{NULL}", "(", "--", "/*", ";", "a;b", "pg_catalog", "queue",
        "'; drop schema queue cascade; --", "x'); create table public.injected (); --",
        "$$; create table public.injected (); --", "x\"; create table public.injected (); --",
        "' || (select queue_internal.rebase()) || '", "\") or true --",
        "\u{e9}", "e\u{301}", "\u{df}", "\u{1f600}", "\u{202e}rtl", "\u{feff}", "\u{2028}", "\u{a0}", "\u{fffd}",
        "\u{10ffff}", "\u{3000}", String(repeating: "x", count: 200), String(repeating: "x", count: 201),
        String(repeating: "\u{1f600}", count: 200), String(repeating: "y", count: 1024),
        String(repeating: "y", count: 1025), "a\u{1f}0\u{1f}0\u{1f}b",
    ]

    static let integers: [Int32] = [
        0, 1, 1, 1, 2, 3, 5, 10, 100, 101, -1, -100, -101, 200, 1000, 4096, 4097, 10000, 10001, 32767, 32768, .max,
        .min,
    ]

    static let numbers = ["0", "-0", "1", "-1", "0.5", "1e300", "-1e300", "NaN", "infinity", "-infinity"]
    static let jsonNumbers = [
        "0", "-0", "1", "-1", "1.5", "1e-400", "1e400", "9223372036854775808", "1e100000", "-0.0",
    ]

    static let intervals = [
        "0", "1 microsecond", "100 milliseconds", "1 second", "1 second", "5 minutes", "1 hour", "-1 second", "-1 day",
        "1 mon -31 days", "1 year", "366 days", "100 years", "178000000 years", "-178000000 years",
        "2147483647 days", "-2147483648 days", "2562047788 hours", "-2562047788 hours",
    ]

    /// For functions that wait.
    static let timeouts = ["0", "1 microsecond", "20 milliseconds", "-1 second", "2 hours", "178000000 years"]

    static let times = [
        "infinity", "-infinity", "epoch", "now", "tomorrow", "2000-02-29 12:00:00+00", "4714-11-24 00:00:00+00 BC",
        "294276-12-31 23:59:59.999999+00", "1900-01-01", "9999-12-31", "2262-04-12",
    ]

    static let crons = [
        "* * * * *", "*/5 * * * *", "0 0 29 2 *", "0 0 31 2 *", "@daily", "@every 1 second", "1 minute",
        "every 5 minutes",
        "60 * * * *", "* * * *", "* * * * * *", "1-0 * * * *", "*/0 * * * *", "1,2,3,99999999999 * * * *", "a b c d e",
        "-1 * * * *", "1--2 * * * *", "*/99999999999999999999 * * * *", "@", "59 23 31 12 7", "0 0 * jan mon-fri",
        "-1 day",
    ]

    static let zones = [
        "UTC", "Europe/Berlin", "America/New_York", "Nowhere/Land", "+25", "<x>-99", "posixrules", "/etc/passwd",
    ]

    static let states = [
        "ready", "running", "scheduled", "retrying", "succeeded", "dead", "canceled", "skipped", "blocked", "unknown",
    ]
}
