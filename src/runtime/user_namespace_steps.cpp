// A user namespace of the container's own: who is who in it. The process is made, and waits; the host writes the maps
// beside it; only then does it execute phial-init, as user 0 of the namespace, with every capability there.
// user_namespaces(7), kernel: an exec before the maps are written drops all capabilities.
#include "kernel/id_maps.hpp"
#include "kernel/kabi.hpp"
#include "runtime/compiler.hpp"

namespace phial::runtime {

namespace {

void write_map(Compiler& c, Slot directory, const char* file, const std::string& text) {
  Slot map = c.b.slot("map");
  c.b.call(SYS_openat, {directory, c.b.text(file), O_WRONLY | O_CLOEXEC, 0}).into(map);
  // One write, or the kernel refuses it.
  c.b.call(SYS_write, {map, c.b.text(text), text.size()});
  c.b.call(SYS_close, {map});
}

} // namespace

bool has_own_user_namespace(const spec::Linux& platform) {
  const spec::Namespace* user = platform.find(spec::NamespaceType::user);
  return user != nullptr && user->path.empty();
}

bool has_user_namespace(const spec::Linux& platform) {
  return platform.find(spec::NamespaceType::user) != nullptr;
}

bool has_mount_namespace(const spec::Linux& platform) {
  return platform.find(spec::NamespaceType::mount) != nullptr;
}

void add_user_map_steps(Compiler& c, const spec::Linux& platform) {
  if (!has_own_user_namespace(platform))
    return;
  std::string uids = kernel::id_map_text(platform.uid_mappings);
  std::string gids = kernel::id_map_text(platform.gid_mappings);
  c.step(Section::beside, [&] {
    return StepText{"say who is who in the user namespace", c.why("linux.uidMappings"),
                    "root of the container is no root of the host's",
                    "printf %s '" + uids + "' > /proc/$pid/uid_map\nprintf %s '" + gids + "' > /proc/$pid/gid_map",
                    ShellPlace::none};
  });
  Slot directory = c.b.slot("proc_pid");
  c.b.add(Op::process_dir, {c.pid}).into(directory);
  write_map(c, directory, "uid_map", uids);
  write_map(c, directory, "gid_map", gids);
  c.b.call(SYS_close, {directory});
  c.step(Section::beside, [&] {
    return StepText{"let the process become user 0 there and execute phial-init", c.why("linux.uidMappings")};
  });
  c.b.add(Op::release);
}

} // namespace phial::runtime
