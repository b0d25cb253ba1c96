// The devices in /dev: those every container has, those the spec asks for, and the links beside them. Section init.
#include "base/text.hpp"
#include "kernel/devices.hpp"
#include "kernel/kabi.hpp"
#include "runtime/mounts.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace phial::runtime {

namespace {

std::string node_shell(const std::string& path, char type, std::uint32_t mode, unsigned major, unsigned minor) {
  char octal[16];
  std::snprintf(octal, sizeof octal, "%04o", mode);
  std::string to = in_root(path);
  return "mknod -m " + std::string(octal) + " " + to + " " + type + " " + std::to_string(major) + " " +
         std::to_string(minor);
}

// In a user namespace nobody may make device nodes: the host's are put over empty files.
void bind_device(Compiler& c, Slot directory, const std::string& name, const std::string& host_path) {
  c.b.call(SYS_mknodat, {directory, c.b.text(name), S_IFREG | 0644, 0}).tolerate(EEXIST);
  Slot file = c.b.slot("node");
  Slot node = c.b.slot("device");
  c.b.call(SYS_openat, {directory, c.b.text(name), O_PATH | O_NOFOLLOW | O_CLOEXEC, 0}).into(file);
  c.b.call(SYS_open_tree, {AT_FDCWD, c.b.text(host_path), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC}).into(node);
  c.attach(node, file);
}

void add_default_devices(Compiler& c, const std::vector<spec::Device>& asked, bool bind) {
  c.step(Section::init, [&] {
    return StepText{"make the devices every container has", "runtime-spec: default devices",
                    "the container has no other device of the host's", "", ShellPlace::inside};
  });
  Slot dev = c.has_dev ? c.dev : c.target("dev", TargetKind::directory);
  for (const kernel::DeviceNode& device : kernel::default_devices()) {
    std::string path(device.path);
    bool overridden = std::ranges::any_of(asked, [&](const spec::Device& entry) { return entry.path == path; });
    if (overridden)
      continue;
    if (bind)
      bind_device(c, dev, path.substr(5), path);
    else
      c.b.call(SYS_mknodat,
               {dev, c.b.text(path.substr(5)), S_IFCHR | device.mode, ::makedev(device.major, device.minor)})
          .tolerate(EEXIST);
    c.b.shell([&] { return node_shell(path, device.type, device.mode, device.major, device.minor); });
  }
  for (const kernel::DeviceLink& link : kernel::default_device_links()) {
    std::string path(link.path);
    if (path == "/dev/ptmx" && !c.has_devpts)
      continue;
    c.b.call(SYS_symlinkat, {c.b.text(link.target), dev, c.b.text(path.substr(5))}).tolerate(EEXIST);
    c.b.shell([&] { return "ln -sf " + std::string(link.target) + " " + in_root(path); });
  }
}

std::uint32_t type_bits(char type) {
  switch (type) {
  case 'b': return S_IFBLK;
  case 'p': return S_IFIFO;
  default: return S_IFCHR;
  }
}

std::string device_shell(const spec::Device& device, std::uint32_t mode) {
  std::string out;
  if (!name_in_dev(below_root(device.path))) // not in /dev itself
    out = "mkdir -p \"$(dirname " + in_root(device.path) + ")\"\n";
  out += node_shell(device.path, device.type == 'u' ? 'c' : device.type, mode, static_cast<unsigned>(device.major),
                    static_cast<unsigned>(device.minor));
  if (device.uid.value_or(0) != 0 || device.gid.value_or(0) != 0)
    out += "\nchown --no-dereference " + std::to_string(device.uid.value_or(0)) + ":" +
           std::to_string(device.gid.value_or(0)) + " " + in_root(device.path);
  return out;
}

// What is there already has to be this very device.
void check_node(Compiler& c, const Compiler::Place& at, const spec::Device& device) {
  Data status = c.b.room(sizeof(struct statx));
  auto field = [&](std::size_t offset, std::size_t width, std::uint64_t wanted, std::uint64_t mask) {
    Slot value = c.b.slot("found");
    c.b.add(Op::load, {status + offset, width}).into(value);
    c.b.add(Op::expect, {value, wanted, mask, EEXIST});
  };
  c.b.call(SYS_statx, {at.directory, c.b.text(at.name), AT_SYMLINK_NOFOLLOW, STATX_TYPE, status});
  field(offsetof(struct statx, stx_mode), 2, type_bits(device.type), S_IFMT);
  if (device.type == 'p')
    return;
  field(offsetof(struct statx, stx_rdev_major), 4, static_cast<std::uint64_t>(device.major), ~0U);
  field(offsetof(struct statx, stx_rdev_minor), 4, static_cast<std::uint64_t>(device.minor), ~0U);
}

void add_device(Compiler& c, const spec::Device& device, const std::string& field, bool bind) {
  std::uint32_t mode = device.file_mode.value_or(0666) & 07777;
  auto major = static_cast<unsigned>(device.major);
  auto minor = static_cast<unsigned>(device.minor);
  c.step(Section::init, [&] {
    return StepText{"make the device " + device.path, c.why(field), "", device_shell(device, mode), ShellPlace::inside};
  });
  Compiler::Place at = c.place(device.path);
  if (bind && device.type != 'p')
    return bind_device(c, at.directory, at.name, device.path);
  std::uint64_t number = device.type == 'p' ? 0 : ::makedev(major, minor);
  program::Label made;
  c.b.call(SYS_mknodat, {at.directory, c.b.text(at.name), type_bits(device.type) | mode, number});
  c.b.then(made, EEXIST);
  check_node(c, at, device);
  // By name, and no link, as was just seen: nobody else is in this root yet.
  c.b.call(SYS_fchmodat, {at.directory, c.b.text(at.name), mode});
  c.b.place(made);
  if (device.uid.value_or(0) != 0 || device.gid.value_or(0) != 0)
    c.b.call(SYS_fchownat,
             {at.directory, c.b.text(at.name), device.uid.value_or(0), device.gid.value_or(0), AT_SYMLINK_NOFOLLOW});
}

} // namespace

namespace {

// A directory of the host's on /dev keeps what is in it, and gets nothing more.
bool has_bound_dev(const Compiler& c, const spec::Spec& spec) {
  for (std::size_t i = 0; i < spec.mounts.size(); ++i)
    if (kernel::is_bind(spec.mounts[i].type, c.options[i]) && !c.options[i].remount &&
        below_root(spec.mounts[i].destination) == "dev")
      return true;
  return false;
}

} // namespace

Result<> add_device_steps(Compiler& c, const Request& request) {
  if (has_bound_dev(c, *request.spec))
    return {};
  const std::vector<spec::Device>& asked = request.spec->platform.devices;
  bool bind = c.facts.rootless() || has_user_namespace(request.spec->platform);
  add_default_devices(c, asked, bind);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    // A privileged container asks for all the host has; this one leads to the container's own terminals.
    if (c.has_devpts && below_root(asked[i].path) == "dev/ptmx")
      continue;
    add_device(c, asked[i], "linux.devices[" + std::to_string(i) + "]", bind);
  }
  return {};
}

} // namespace phial::runtime
