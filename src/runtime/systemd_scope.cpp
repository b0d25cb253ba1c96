// The container's unit: its name, its place in the tree of slices, the properties that annotations ask for.
#include "base/text.hpp"
#include "runtime/systemd.hpp"

#include <algorithm>

namespace phial::runtime {

namespace {

constexpr std::string_view kSlice = ".slice";
constexpr std::string_view kAnnotation = "org.systemd.property.";
constexpr std::size_t kLongestUnit = 255;

std::unexpected<Error> bad_path(std::string message, std::string hint = {}) {
  auto error = fail(Kind::input, std::move(message), std::move(hint));
  return std::unexpected(std::move(error).error().with_position("linux.cgroupsPath"));
}

bool is_unit_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view(":-_.\\@").find(c) != std::string_view::npos;
}

Result<> check_unit(const std::string& unit) {
  if (unit.size() > kLongestUnit || !std::ranges::all_of(unit, is_unit_character))
    return bad_path("'" + unit + "' is no name of a systemd unit",
                    "letters, digits and the characters :-_.\\@, at most 255 of them");
  return {};
}

struct Parts {
  std::string slice;
  std::string prefix;
  std::string name;
};

Result<Parts> parts_of(const std::string& path, const std::string& id) {
  if (path.empty())
    return Parts{"", "phial", id};
  std::vector<std::string_view> parts = split(path, ':');
  if (parts.size() != 3 || parts[2].empty())
    return bad_path("expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"" + path +
                        "\" instead",
                    "for example system.slice:phial:" + id + "; a path belongs to the driver cgroupfs");
  return Parts{std::string(parts[0]), std::string(parts[1]), std::string(parts[2])};
}

// Seconds as microseconds: an integer of any width, or a double. No locale, no rounding but of what lies below one.
std::optional<std::uint64_t> microseconds(const Variant& seconds) {
  constexpr unsigned kDigits = 6;
  if (std::string_view("ynqiuxtd").find(seconds.type) == std::string_view::npos || seconds.type.size() != 1)
    return std::nullopt;
  Halves halves = split_once(seconds.text, '.');
  std::string fraction(halves.second.value_or("").substr(0, kDigits));
  fraction.resize(kDigits, '0');
  auto whole = parse_uint(halves.first.empty() ? "0" : halves.first);
  auto part = parse_uint(fraction);
  if (!whole || !part || *whole > (~0ULL - *part) / 1'000'000)
    return std::nullopt;
  return *whole * 1'000'000 + *part;
}

std::unexpected<Error> bad_annotation(std::string_view key, std::string message, std::string hint = {}) {
  auto error = fail(Kind::input, std::move(message), std::move(hint));
  return std::unexpected(std::move(error).error().with_position("annotations[" + std::string(key) + "]"));
}

Result<SystemdProperty> annotated_property(std::string_view key, std::string_view text) {
  std::string name(key.substr(kAnnotation.size()));
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (name.size() < 3 || !std::ranges::all_of(name, letter))
    return bad_annotation(key, "'" + name + "' is no name of a systemd property", "it consists of letters alone");
  Result<Variant> value = parse_variant(text);
  if (!value)
    return bad_annotation(key, value.error().message,
                          "the value is written as GVariant text: 'text', true, uint64 5, ['a', 'b']");
  constexpr std::string_view kSeconds = "Sec";
  bool seconds = name.size() > kSeconds.size() && name.ends_with(kSeconds) &&
                 name[name.size() - kSeconds.size() - 1] >= 'a' && name[name.size() - kSeconds.size() - 1] <= 'z';
  if (!seconds)
    return SystemdProperty{std::move(name), std::move(*value)};
  auto time = microseconds(*value);
  if (!time)
    return bad_annotation(key, "seconds are a number from 0 on");
  name.replace(name.size() - kSeconds.size(), kSeconds.size(), "USec");
  return SystemdProperty{std::move(name), variant_of(*time)};
}

} // namespace

Result<std::string> slice_path(std::string_view slice) {
  if (slice == "-.slice")
    return std::string();
  auto bad = [&] {
    return bad_path("'" + std::string(slice) + "' is no name of a slice", "for example system.slice or a-b.slice");
  };
  if (slice.size() <= kSlice.size() || !slice.ends_with(kSlice) || !std::ranges::all_of(slice, is_unit_character))
    return bad();
  std::string out;
  std::string above;
  for (std::string_view part : split(slice.substr(0, slice.size() - kSlice.size()), '-')) {
    if (part.empty())
      return bad();
    above += (above.empty() ? "" : "-") + std::string(part);
    out += "/" + above + std::string(kSlice);
  }
  return out;
}

Result<std::vector<SystemdProperty>> annotated_properties(const spec::StringMap& annotations) {
  std::vector<SystemdProperty> out;
  for (const auto& [key, value] : annotations)
    if (key.starts_with(kAnnotation))
      out.push_back(TRY(annotated_property(key, value)));
  return out;
}

Result<SystemdScope> systemd_scope(const spec::Spec& spec, const std::string& id, SystemdManager manager) {
  Parts parts = TRY(parts_of(spec.platform.cgroups_path, id));
  SystemdScope out;
  out.slice = parts.slice.empty() ? (manager.user ? "user.slice" : "system.slice") : parts.slice;
  std::string above = TRY(slice_path(out.slice));
  if (parts.name.ends_with(kSlice)) {
    out.unit = parts.name;
    out.cgroup = manager.cgroup + TRY(slice_path(out.unit)); // where it lies follows from its name
  } else {
    out.unit = (parts.prefix.empty() ? "" : parts.prefix + "-") + parts.name + ".scope";
    out.cgroup = manager.cgroup + above + "/" + out.unit;
  }
  TRY(check_unit(out.unit));
  out.properties = TRY(annotated_properties(spec.annotations));
  out.manager = std::move(manager);
  return out;
}

} // namespace phial::runtime
