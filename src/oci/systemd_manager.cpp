#include "oci/systemd_manager.hpp"

#include "commandline/libexec.hpp"

namespace phial::oci {

runtime::UserSession user_session(const Environment& environment) {
  return {std::string(environment.get("DBUS_SESSION_BUS_ADDRESS").value_or("")),
          std::string(environment.get("XDG_RUNTIME_DIR").value_or(""))};
}

Result<runtime::SystemdManager> systemd_manager(const Environment& environment) {
  return runtime::find_systemd_manager(commandline::libexec_directory(), user_session(environment));
}

} // namespace phial::oci
