#include "cli/security_values.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/values.hpp"
#include "kernel/capabilities.hpp"

namespace phial::cli {

Result<> add_capabilities(std::vector<std::string>& into, std::string_view text) {
  for (std::string_view part : split(text, ',')) {
    std::string name(trim(part));
    if (lower(name) == "all" || lower(name) == "cap_all") {
      into.emplace_back("ALL");
      continue;
    }
    std::optional<int> number = kernel::find_capability(name);
    if (!number) {
      Result<kernel::CapabilitySet> refused = kernel::parse_capabilities(std::vector<std::string>{name});
      Error error = fail(Kind::usage, "\"" + name + "\" is not a capability").error();
      if (!refused)
        error.hint = refused.error().hint;
      return std::unexpected(std::move(error));
    }
    into.push_back(kernel::capability_name(*number));
  }
  return {};
}

namespace {

Result<> read_seccomp(engine::SecurityRequest& into, std::string_view value,
                      Result<std::string> (*read)(const std::string& path)) {
  using Seccomp = engine::SecurityRequest::Seccomp;
  if (value == "unconfined" || value == "builtin" || value == "default") {
    into.seccomp = value == "unconfined" ? Seccomp::unconfined : Seccomp::standard;
    return {};
  }
  into.seccomp = Seccomp::profile;
  into.seccomp_path = value;
  into.seccomp_profile = TRY(read(into.seccomp_path), "read the seccomp profile");
  Json profile = TRY(parse_json(into.seccomp_profile, into.seccomp_path), "read the seccomp profile");
  if (!profile.is_object() || profile.find("defaultAction") == nullptr)
    return fail(Kind::input, into.seccomp_path + " is no seccomp profile: it has no defaultAction");
  return {};
}

Result<> add_paths(std::vector<std::string>& into, std::string_view value) {
  for (std::string_view path : split(value, ':')) {
    if (path.empty() || path[0] != '/')
      return bad_value(path, "an absolute path", "expected one that begins with /");
    into.emplace_back(path);
  }
  return {};
}

Result<> add_label(engine::SecurityRequest& into, std::string_view value) {
  Halves halves = split_once(value, ':');
  bool known = halves.first == "user" || halves.first == "role" || halves.first == "type" || halves.first == "level" ||
               halves.first == "filetype";
  if (value != "disable" && value != "nested" && !(known && halves.second && !halves.second->empty()))
    return bad_value(value, "a label", "expected disable, or user:, role:, type: or level: and a value");
  into.selinux.emplace_back(value);
  return {};
}

} // namespace

Result<> add_security_option(engine::SecurityRequest& into, std::string_view text,
                             Result<std::string> (*read)(const std::string& path)) {
  std::size_t at = text.find_first_of("=:");
  std::string_view key = text.substr(0, at);
  std::string_view value = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  if (key == "no-new-privileges") {
    std::optional<bool> on = at == std::string_view::npos ? std::optional(true) : parse_switch(value);
    if (!on)
      return bad_value(value, "true or false", "expected one of them behind no-new-privileges=");
    into.no_new_privileges = *on;
    return {};
  }
  if (!value.empty()) {
    if (key == "seccomp")
      return read_seccomp(into, value, read);
    if (key == "label")
      return add_label(into, value);
    if (key == "mask")
      return add_paths(into.mask, value);
    if (key == "unmask" && (value == "ALL" || value == "all")) {
      into.unmask.emplace_back("ALL");
      return {};
    }
    if (key == "unmask")
      return add_paths(into.unmask, value);
    if (key == "apparmor") {
      into.apparmor = value;
      return {};
    }
    if (key == "systempaths" && value == "unconfined") {
      into.system_paths_unconfined = true;
      return {};
    }
  }
  return bad_value(text, "a security option",
                   "expected no-new-privileges, seccomp=, apparmor=, label=, systempaths=unconfined, mask= or unmask=");
}

} // namespace phial::cli
