#include "oci/values.hpp"

#include "base/clock.hpp"
#include "base/text.hpp"

namespace phial::oci {

namespace {

std::unexpected<Error> bad(std::string_view flag, std::string_view value, const std::string& expected) {
  return fail(Kind::usage, "--" + std::string(flag) + ": \"" + std::string(value) + "\" is not " + expected);
}

} // namespace

Result<std::optional<std::int64_t>> number_of(const Arguments& arguments, std::string_view flag, std::int64_t least,
                                              std::int64_t most) {
  std::optional<std::string_view> text = arguments.last(flag);
  if (!text)
    return std::nullopt;
  std::optional<std::int64_t> value = parse_int(*text);
  if (!value || *value < least || *value > most)
    return bad(flag, *text, "a number from " + std::to_string(least) + " to " + std::to_string(most));
  return value;
}

Result<std::optional<std::int64_t>> duration_of(const Arguments& arguments, std::string_view flag) {
  std::optional<std::string_view> text = arguments.last(flag);
  if (!text)
    return std::nullopt;
  std::optional<std::int64_t> value = parse_duration(*text);
  if (!value || *value <= 0)
    return bad(flag, *text, "a duration like 500ms, 5s or 1m30s");
  return value;
}

} // namespace phial::oci
