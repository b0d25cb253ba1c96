// Points in time as the records have them: nanoseconds since 1970, UTC. Pure, but for now().
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace phial {

inline constexpr std::int64_t kSecond = 1'000'000'000;

// CLOCK_REALTIME.
[[nodiscard]] std::int64_t now();

// "2026-11-22T12:20:52.123456789Z": always 30 characters, so that what stands behind it has a fixed place.
inline constexpr std::size_t kTimeLength = 30;
[[nodiscard]] std::array<char, kTimeLength> time_text(std::int64_t nanoseconds);
[[nodiscard]] std::string time_string(std::int64_t nanoseconds);

// RFC 3339 with any number of fractional digits and Z or an offset; nullopt where it is none, or in a year
// before 1678 or after 2261, which nanoseconds do not reach.
[[nodiscard]] std::optional<std::int64_t> parse_time(std::string_view text);

// What docker accepts behind --since and --until: RFC 3339 (the time of day, its parts and the zone may be left out:
// UTC), seconds since 1970 with a fraction, or a duration like "1h30m" that counts back from `present`.
[[nodiscard]] std::optional<std::int64_t> parse_moment(std::string_view text, std::int64_t present);

// "1h30m", "10s", "1.5h", "300ms" in nanoseconds.
[[nodiscard]] std::optional<std::int64_t> parse_duration(std::string_view text);

// "3 seconds", "About a minute", "2 hours": docker's words for a span.
[[nodiscard]] std::string human_duration(std::int64_t nanoseconds);

} // namespace phial
