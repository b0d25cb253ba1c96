// A user namespace that nobody lives in: it says only who is who on an idmapped mount. Host's side.
#pragma once

namespace phial::program {

// A descriptor (O_CLOEXEC) of a new user namespace with these maps, as /proc/PID/uid_map takes them; or a negative
// errno. user_namespaces(7), mount_setattr(2) "ID mappings".
[[nodiscard]] long make_user_namespace(const char* uid_map, const char* gid_map);

} // namespace phial::program
