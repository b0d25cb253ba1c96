#include "spec/seccomp_profile.hpp"

#include "base/text.hpp"
#include "spec/reader_parts.hpp"

#include <algorithm>

namespace phial::spec {

using namespace kernel;

namespace {

#if defined(__aarch64__)
constexpr std::string_view kNative = "SCMP_ARCH_AARCH64";
constexpr std::string_view kNativeGo = "arm64"; // what the rules' conditions call it
#else
constexpr std::string_view kNative = "SCMP_ARCH_X86_64";
constexpr std::string_view kNativeGo = "amd64";
#endif

// "includes" or "excludes" of one rule.
struct Filter {
  std::vector<std::string> architectures;
  std::vector<std::string> capabilities;
  std::string kernel; // at least this version
};

void read(const Cursor& at, Filter& out) {
  at.read("arches", out.architectures);
  at.read("caps", out.capabilities);
  at.read("minKernel", out.kernel);
}

bool has_capability(const ProfileConditions& conditions, const std::string& name) {
  std::optional<int> number = find_capability(name);
  return number && conditions.capabilities.has(*number);
}

// The running kernel is "4.8" or newer.
bool reaches(const ProfileConditions& conditions, const Cursor& at, const std::string& version) {
  Halves halves = split_once(version, '.');
  std::optional<std::uint64_t> major = parse_uint(halves.first);
  std::optional<std::uint64_t> minor = parse_uint(halves.second.value_or(""));
  if (!major || !minor) {
    at.fail("minKernel", "\"" + version + "\" is not a version like \"4.8\"");
    return false;
  }
  return conditions.kernel_major != *major ? conditions.kernel_major > *major : conditions.kernel_minor >= *minor;
}

bool names_native(const Filter& filter) {
  return std::ranges::find(filter.architectures, kNativeGo) != filter.architectures.end();
}

// Everything "includes" asks for is there, and nothing "excludes" names.
bool holds(const Cursor& rule, const ProfileConditions& conditions) {
  bool out = true;
  rule.inside("includes", [&](const Cursor& at) {
    Filter filter;
    read(at, filter);
    out = out && (filter.architectures.empty() || names_native(filter));
    for (const std::string& name : filter.capabilities)
      out = out && has_capability(conditions, name);
    out = out && (filter.kernel.empty() || reaches(conditions, at, filter.kernel));
  });
  rule.inside("excludes", [&](const Cursor& at) {
    Filter filter;
    read(at, filter);
    out = out && !names_native(filter);
    for (const std::string& name : filter.capabilities)
      out = out && !has_capability(conditions, name);
    out = out && (filter.kernel.empty() || !reaches(conditions, at, filter.kernel));
  });
  return out;
}

void read(const Cursor& at, SeccompRule& out) {
  at.require({"action"});
  at.read("names", out.names);
  if (std::string name; at.has("name")) { // the form before "names"
    at.read("name", name);
    out.names.push_back(std::move(name));
  }
  if (out.names.empty())
    at.fail("names", "is empty or missing; a rule names at least one system call");
  read_actions(at, out.action, "action", out.error_number, "errnoRet");
  at.list("args", out.arguments, [](const Cursor& place, SeccompArgument& argument) { read(place, argument); });
}

void read_architectures(const Cursor& at, std::vector<std::string>& out) {
  at.read("architectures", out);
  at.each("archMap", [&](const Cursor& entry) {
    std::string architecture;
    entry.require({"architecture"});
    entry.read("architecture", architecture);
    if (architecture != kNative)
      return;
    out = {architecture};
    entry.each("subArchitectures", [&](const Cursor& place) { place.take(out.emplace_back()); });
  });
}

void read(const Cursor& at, SeccompProfile& out, const ProfileConditions& conditions) {
  at.require({"defaultAction"});
  read_actions(at, out.default_action, "defaultAction", out.default_error, "defaultErrnoRet");
  read_architectures(at, out.architectures);
  if (at.has("flags"))
    at.read_flags("flags", out.flags.emplace(), kSeccompFlags, "a seccomp flag");
  at.read("listenerPath", out.listener_path);
  at.read("listenerMetadata", out.listener_metadata);
  at.each("syscalls", [&](const Cursor& place) {
    if (!place.expect(Json::Type::object))
      return;
    SeccompRule rule;
    read(place, rule); // read first: a mistake in a rule that does not hold here is a mistake all the same
    if (holds(place, conditions))
      out.rules.push_back(std::move(rule));
  });
}

} // namespace

Result<SeccompProfile> read_seccomp_profile(std::string_view text, std::string_view file_name,
                                            const ProfileConditions& conditions) {
  Json json = TRY(parse_json(text, file_name));
  Document document{text, std::string(file_name), {}};
  Cursor root(document, json);
  SeccompProfile out;
  if (root.expect(Json::Type::object))
    read(root, out, conditions);
  return document.result(std::move(out));
}

} // namespace phial::spec
