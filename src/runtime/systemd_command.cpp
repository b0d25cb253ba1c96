// The command lines of phial-systemd, and what is asked of the host before there is a program.
#include "base/child.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "runtime/systemd.hpp"

#include <unistd.h>

namespace phial::runtime {

namespace {

std::vector<std::string> command(const SystemdManager& manager, const char* verb, const std::string& unit) {
  std::vector<std::string> out = {manager.helper, verb};
  if (!unit.empty())
    out.push_back(unit);
  for (const std::string& address : manager.addresses) {
    out.emplace_back("--address");
    out.push_back(address);
  }
  return out;
}

void add_properties(const std::vector<SystemdProperty>& properties, std::vector<std::string>& out) {
  for (const SystemdProperty& property : properties)
    out.push_back(property.name + "=" + to_text(property.value));
}

// A run of the helper; what it printed.
Result<std::string> ask(const std::vector<std::string>& words) {
  Ended ended = TRY(run_to_end(words), "start " + words[0]);
  if (ended.status == 0)
    return std::move(ended.out);
  Halves lines = split_once(trim(ended.err), '\n');
  std::string hint(lines.second && lines.second->starts_with("hint: ") ? lines.second->substr(6) : "");
  return fail(Kind::system, std::string(lines.first), std::move(hint));
}

// Root over the host, not over a user namespace only.
bool is_real_root() {
  if (::geteuid() != 0)
    return false;
  Result<std::string> map = read_file("/proc/self/uid_map");
  if (!map)
    return true;
  for (std::string_view word : split(trim(*map), ' '))
    if (word == "4294967295")
      return true;
  return false;
}

std::vector<std::string> user_addresses(const UserSession& session) {
  std::vector<std::string> out;
  if (!session.bus.empty())
    out.push_back(session.bus);
  if (!session.runtime_dir.empty()) {
    if (session.bus.empty())
      out.push_back("unix:path=" + session.runtime_dir + "/bus");
    out.push_back("unix:path=" + session.runtime_dir + "/systemd/private");
  }
  return out;
}

} // namespace

namespace {

std::vector<SystemdProperty> unit_properties(const SystemdScope& scope, const std::string& description) {
  std::vector<SystemdProperty> out = {{"Description", variant_of(description)}};
  if (scope.is_slice()) {
    out.push_back({"Wants", variant_of_strings({scope.slice})});
  } else {
    out.push_back({"Slice", variant_of(scope.slice)});
    out.push_back({"Delegate", variant_of(true)});
  }
  out.push_back({"DefaultDependencies", variant_of(false)});
  for (const char* accounting : {"CPUAccounting", "MemoryAccounting", "IOAccounting", "TasksAccounting"})
    out.push_back({accounting, variant_of(true)});
  // One whose processes were ended by the OOM killer would else stay behind as failed.
  out.push_back({"CollectMode", variant_of("inactive-or-failed")});
  return out;
}

} // namespace

Result<std::vector<SystemdProperty>> start_properties(const SystemdScope& scope, const std::string& description,
                                                      const kernel::Resources& resources) {
  std::vector<SystemdProperty> out = unit_properties(scope, description);
  for (SystemdProperty& property : TRY(systemd_properties(resources)))
    out.push_back(std::move(property));
  out.insert(out.end(), scope.properties.begin(), scope.properties.end());
  return out;
}

std::vector<std::string> start_command(const SystemdScope& scope, const std::vector<SystemdProperty>& properties) {
  std::vector<std::string> out = command(scope.manager, "start", scope.unit);
  if (!scope.is_slice())
    out.insert(out.begin() + 3, {"--pid", ""});
  add_properties(properties, out);
  return out;
}

std::vector<std::string> stop_command(const SystemdScope& scope) {
  return command(scope.manager, "stop", scope.unit);
}

Result<std::vector<std::string>> set_command(const SystemdScope& scope, const kernel::Resources& resources) {
  std::vector<SystemdProperty> properties = TRY(systemd_properties(resources));
  if (properties.empty())
    return std::vector<std::string>();
  std::vector<std::string> out = command(scope.manager, "set", scope.unit);
  add_properties(properties, out);
  return out;
}

Result<> set_systemd_properties(const SystemdScope& scope, const kernel::Resources& resources) {
  std::vector<std::string> words = TRY(set_command(scope, resources));
  if (!words.empty())
    TRY(ask(words));
  return {};
}

Result<SystemdManager> find_systemd_manager(const std::string& libexec, const UserSession& session) {
  if (!exists("/run/systemd/system"))
    return fail(Kind::unsupported,
                "the systemd cgroup driver was asked for, and systemd is not running here: there is no "
                "/run/systemd/system",
                "leave --systemd-cgroup out, or say --cgroup-manager cgroupfs");
  SystemdManager out;
  out.helper = libexec + "/phial-systemd";
  if (!exists(out.helper))
    return fail(Kind::unsupported, "the systemd cgroup driver needs " + out.helper + ", and it is not there",
                "install phial-systemd, leave --systemd-cgroup out, or say --cgroup-manager cgroupfs");
  out.user = !is_real_root();
  if (!out.user)
    return out;
  out.addresses = user_addresses(session);
  if (out.addresses.empty())
    return fail(
        Kind::unsupported,
        "the systemd of the user cannot be reached: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set",
        "log in with a session (machinectl shell, ssh), or say --cgroup-manager cgroupfs");
  out.cgroup = trim(TRY(ask(command(out, "cgroup", ""))));
  return out;
}

} // namespace phial::runtime
