// The values of the options before the verb, and where states lie.
#include "base/text.hpp"
#include "oci/options.hpp"

namespace phial::oci {

namespace {

constexpr std::string_view kStatePlace = "/run/phial-oci";

std::string state_place(const Environment& environment, bool as_root) {
  std::string_view own = environment.get("XDG_RUNTIME_DIR").value_or("");
  return as_root || own.empty() ? std::string(kStatePlace) : std::string(own) + "/phial-oci";
}

} // namespace

Result<Globals> read_globals(const Arguments& arguments, const Environment& environment,
                             std::string_view working_directory, bool as_root) {
  Globals globals;
  std::optional<std::string_view> root = arguments.last("root");
  if (root && root->empty())
    return fail(Kind::usage, "--root: \"\" is no directory");
  globals.root = root ? std::string(*root) : state_place(environment, as_root);
  if (!globals.root.starts_with("/"))
    globals.root = std::string(working_directory) + "/" + globals.root;
  std::string_view manager = arguments.last("cgroup-manager").value_or("cgroupfs");
  if (manager == "systemd" || arguments.on("systemd-cgroup"))
    globals.cgroup_manager = CgroupManager::systemd;
  else if (manager == "disabled")
    globals.cgroup_manager = CgroupManager::disabled;
  std::string_view rootless = arguments.last("rootless").value_or("auto");
  if (rootless != "auto") {
    globals.rootless = commandline::parse_switch(rootless);
    if (!globals.rootless)
      return fail(Kind::usage, "--rootless: \"" + std::string(rootless) + "\" is none of true, false, auto");
  }
  globals.debug = arguments.on("debug") || arguments.last("log-level") == "debug";
  return globals;
}

} // namespace phial::oci
