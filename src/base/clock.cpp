#include "base/clock.hpp"

#include "base/decimal.hpp"

#include "base/text.hpp"

#include <ctime>

#include <charconv>

namespace phial {

namespace {

// Days since 1970 and the civil calendar, after the well-known shift of the year to March, which puts the leap day
// last.
struct Date {
  std::int64_t year;
  unsigned month, day;
};

Date date_of_days(std::int64_t days) {
  days += 719468;
  std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  auto day_of_era = static_cast<unsigned>(days - era * 146097);
  unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  unsigned shifted = (5 * day_of_year + 2) / 153;
  unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0), month,
          day_of_year - (153 * shifted + 2) / 5 + 1};
}

std::int64_t days_of_date(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2 ? 1 : 0;
  std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  auto year_of_era = static_cast<unsigned>(year - era * 400);
  unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<std::int64_t>(day_of_era) - 719468;
}

void digits(char* at, std::uint64_t value, unsigned width) {
  for (unsigned i = width; i-- > 0; value /= 10)
    at[i] = static_cast<char>('0' + value % 10);
}

// Reads exactly `width` digits off the front of `text`.
std::optional<unsigned> take_digits(std::string_view& text, std::size_t width) {
  if (text.size() < width)
    return std::nullopt;
  auto value = parse_uint(text.substr(0, width));
  if (!value || text[0] == '+' || text[0] == '-')
    return std::nullopt;
  text.remove_prefix(width);
  return static_cast<unsigned>(*value);
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c)
    return false;
  text.remove_prefix(1);
  return true;
}

// The fraction's digits as nanoseconds; what is finer is cut off.
std::int64_t take_fraction(std::string_view& text) {
  std::int64_t value = 0;
  std::int64_t unit = kSecond / 10;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    value += (text[0] - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
  }
  return value;
}

// The zone's distance from UTC in seconds; all of `text` must be the zone.
std::optional<std::int64_t> zone(std::string_view text) {
  if (text == "Z" || text == "z")
    return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':')
    return std::nullopt;
  auto hours = parse_uint(text.substr(1, 2));
  auto minutes = parse_uint(text.substr(4, 2));
  if (!hours || !minutes || *hours > 23 || *minutes > 59)
    return std::nullopt;
  std::int64_t seconds = static_cast<std::int64_t>(*hours * 3600 + *minutes * 60);
  return text[0] == '-' ? -seconds : seconds;
}

// Date, then the time of day as far as it is given, then the zone; `whole` refuses what leaves anything out.
std::optional<std::int64_t> read_time(std::string_view text, bool whole) {
  auto year = take_digits(text, 4);
  bool dash = take(text, '-');
  auto month = take_digits(text, 2);
  dash = take(text, '-') && dash;
  auto day = take_digits(text, 2);
  if (!year || !month || !day || !dash || *month < 1 || *month > 12 || *day < 1 || *day > 31)
    return std::nullopt;
  unsigned clock[3] = {};
  unsigned parts = 0;
  std::int64_t fraction = 0;
  if (take(text, 'T') || take(text, 't')) {
    do {
      auto value = take_digits(text, 2);
      if (!value || *value > (parts == 0 ? 23U : 60U))
        return std::nullopt;
      clock[parts++] = *value;
    } while (parts < 3 && take(text, ':'));
    if (parts == 3 && take(text, '.'))
      fraction = take_fraction(text);
  }
  if (whole && (parts < 3 || text.empty()))
    return std::nullopt;
  std::int64_t offset = 0;
  if (!text.empty()) {
    auto given = zone(text);
    if (!given)
      return std::nullopt;
    offset = *given;
  }
  std::int64_t seconds =
      days_of_date(*year, *month, *day) * 86400 + clock[0] * 3600 + clock[1] * 60 + clock[2] - offset;
  std::int64_t nanoseconds = 0; // of the years 1677 to 2262 they fit
  if (__builtin_mul_overflow(seconds, kSecond, &nanoseconds) ||
      __builtin_add_overflow(nanoseconds, fraction, &nanoseconds))
    return std::nullopt;
  return nanoseconds;
}

} // namespace

std::int64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return static_cast<std::int64_t>(time.tv_sec) * kSecond + time.tv_nsec;
}

std::array<char, kTimeLength> time_text(std::int64_t nanoseconds) {
  std::int64_t seconds = nanoseconds / kSecond;
  std::int64_t fraction = nanoseconds % kSecond;
  if (fraction < 0) {
    fraction += kSecond;
    --seconds;
  }
  std::int64_t days = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400;
  auto rest = static_cast<std::uint64_t>(seconds - days * 86400);
  Date date = date_of_days(days);
  std::array<char, kTimeLength> out{};
  digits(&out[0], static_cast<std::uint64_t>(date.year), 4);
  out[4] = '-';
  digits(&out[5], date.month, 2);
  out[7] = '-';
  digits(&out[8], date.day, 2);
  out[10] = 'T';
  digits(&out[11], rest / 3600, 2);
  out[13] = ':';
  digits(&out[14], rest / 60 % 60, 2);
  out[16] = ':';
  digits(&out[17], rest % 60, 2);
  out[19] = '.';
  digits(&out[20], static_cast<std::uint64_t>(fraction), 9);
  out[29] = 'Z';
  return out;
}

std::string time_string(std::int64_t nanoseconds) {
  auto text = time_text(nanoseconds);
  return {text.data(), text.size()};
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  return read_time(text, true);
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    double nanoseconds;
  };
  constexpr Unit kUnits[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
  if (text.empty())
    return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    std::size_t end = text.find_first_not_of("0123456789.");
    if (end == 0 || end == std::string_view::npos)
      return std::nullopt;
    std::optional<double> read = parse_decimal(text.substr(0, end));
    if (!read)
      return std::nullopt;
    double value = *read;
    text.remove_prefix(end);
    std::string_view name = text.substr(0, text.find_first_of("0123456789."));
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits)
      if (candidate.name == name)
        unit = &candidate;
    if (unit == nullptr)
      return std::nullopt;
    total += value * unit->nanoseconds;
    text.remove_prefix(name.size());
  }
  if (total >= 9.2e18)
    return std::nullopt;
  return static_cast<std::int64_t>(total);
}

std::optional<std::int64_t> parse_moment(std::string_view text, std::int64_t present) {
  if (auto time = read_time(text, false))
    return time;
  if (auto span = parse_duration(text))
    return present - *span;
  Halves halves = split_once(text, '.');
  auto seconds = parse_int(halves.first);
  if (!seconds || *seconds > 9'000'000'000 || *seconds < 0)
    return std::nullopt;
  std::int64_t fraction = 0;
  if (halves.second) {
    std::string_view rest = *halves.second;
    fraction = take_fraction(rest);
    if (!rest.empty() || halves.second->empty())
      return std::nullopt;
  }
  return *seconds * kSecond + fraction;
}

std::string human_duration(std::int64_t nanoseconds) {
  std::int64_t seconds = nanoseconds / kSecond;
  if (seconds < 1)
    return "Less than a second";
  if (seconds == 1)
    return "1 second";
  if (seconds < 60)
    return std::to_string(seconds) + " seconds";
  std::int64_t minutes = seconds / 60;
  if (minutes == 1)
    return "About a minute";
  if (minutes < 60)
    return std::to_string(minutes) + " minutes";
  std::int64_t hours = (seconds + 1800) / 3600;
  if (hours == 1)
    return "About an hour";
  if (hours < 48)
    return std::to_string(hours) + " hours";
  if (hours < 24 * 7 * 2)
    return std::to_string(hours / 24) + " days";
  if (hours < 24 * 30 * 2)
    return std::to_string(hours / 24 / 7) + " weeks";
  if (hours < 24 * 365 * 2)
    return std::to_string(hours / 24 / 30) + " months";
  return std::to_string(hours / 24 / 365) + " years";
}

} // namespace phial
