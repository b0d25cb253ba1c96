// The systemd cgroup driver: the container's cgroup is a transient scope that systemd makes, so that the two do not
// take each other's limits back. Pure, but for what is said to look at the host. systemd.resource-control(5),
// org.freedesktop.systemd1(5); the forms of cgroupsPath and of annotations are runc's.
#pragma once

#include "base/error.hpp"
#include "base/gvariant.hpp"
#include "kernel/resources.hpp"
#include "spec/types.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace phial::runtime {

struct SystemdProperty {
  std::string name;
  Variant value;
  friend bool operator==(const SystemdProperty&, const SystemdProperty&) = default;
};

// Which systemd is asked, and how it is reached.
struct SystemdManager {
  std::string helper;                 // path of phial-systemd
  bool user = false;                  // the caller's own manager, not the system's
  std::vector<std::string> addresses; // of its bus, tried in this order; empty: the system's
  std::string cgroup;                 // the cgroup its units lie below: empty, or "/user.slice/.../user@1000.service"
};

// The unit of one container.
struct SystemdScope {
  SystemdManager manager;
  std::string slice;                       // "system.slice"
  std::string unit;                        // "phial-c1.scope"
  std::string cgroup;                      // "/system.slice/phial-c1.scope"
  std::vector<SystemdProperty> properties; // that annotations ask for

  // cgroupsPath may name a slice instead; a slice takes no processes from systemd.
  [[nodiscard]] bool is_slice() const { return unit.ends_with(".slice"); }
};

// From linux.cgroupsPath, "SLICE:PREFIX:NAME" or empty, and the annotations org.systemd.property.*. Kind::input.
[[nodiscard]] Result<SystemdScope> systemd_scope(const spec::Spec& spec, const std::string& id, SystemdManager manager);

// "a-b.slice" -> "/a.slice/a-b.slice"; "-.slice" -> "". Kind::input where it is no slice's name.
[[nodiscard]] Result<std::string> slice_path(std::string_view slice);

// The annotations "org.systemd.property.NAME", with values in GVariant's text form; NAMESec takes seconds and becomes
// NAMEUSec. Kind::input.
[[nodiscard]] Result<std::vector<SystemdProperty>> annotated_properties(const spec::StringMap& annotations);

// What of the limits systemd has properties for, under cgroup v2. It is told them so that it does not set others; the
// files of the cgroup are written all the same: they alone say whether the kernel took a value, and systemd rounds. The
// device filter is no property: systemd's own would be a second one beside ours, and leaves ours alone. Kind::input.
[[nodiscard]] Result<std::vector<SystemdProperty>> systemd_properties(const kernel::Resources& resources);

// All that the unit is made with: what every container's has, the limits, what annotations ask for.
[[nodiscard]] Result<std::vector<SystemdProperty>>
start_properties(const SystemdScope& scope, const std::string& description, const kernel::Resources& resources);

// The command lines of phial-systemd. In that which starts the word after --pid is empty: the process is not there yet.
[[nodiscard]] std::vector<std::string> start_command(const SystemdScope& scope,
                                                     const std::vector<SystemdProperty>& properties);
[[nodiscard]] std::vector<std::string> stop_command(const SystemdScope& scope);
// Empty where none of the limits is a property.
[[nodiscard]] Result<std::vector<std::string>> set_command(const SystemdScope& scope,
                                                           const kernel::Resources& resources);

// How the caller reaches its own manager, from its environment; empty where a variable is not set.
struct UserSession {
  std::string bus;         // DBUS_SESSION_BUS_ADDRESS
  std::string runtime_dir; // XDG_RUNTIME_DIR
};

// Finds the system's manager, or for a caller without root's rights over the host its own, as runc does. Looks at the
// host; for the caller's own manager it runs the helper. Kind::unsupported where no systemd runs here.
[[nodiscard]] Result<SystemdManager> find_systemd_manager(const std::string& libexec, const UserSession& session);

// A limit changed in a running container: the properties, before the files are written. Runs the helper.
[[nodiscard]] Result<> set_systemd_properties(const SystemdScope& scope, const kernel::Resources& resources);

} // namespace phial::runtime
