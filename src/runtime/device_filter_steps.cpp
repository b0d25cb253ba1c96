// The device filter of cgroup v2: a BPF program on the container's cgroup. On v1 the rules are writes to devices.allow
// and devices.deny among the other limits. Section host. bpf(2), BPF_PROG_TYPE_CGROUP_DEVICE.
#include "kernel/device_filter.hpp"
#include "kernel/kabi.hpp"
#include "runtime/compiler.hpp"

#include <cstring>

namespace phial::runtime {

namespace {

// The part of bpf(2)'s attributes that BPF_PROG_LOAD takes.
struct LoadAttributes {
  std::uint32_t type;
  std::uint32_t count;
  std::uint64_t instructions;
  std::uint64_t license;
  std::uint32_t log_level;
  std::uint32_t log_size;
  std::uint64_t log_buffer;
  std::uint32_t kernel_version;
  std::uint32_t flags;
  char name[16];
};

// And BPF_PROG_ATTACH.
struct AttachAttributes {
  std::uint32_t target;
  std::uint32_t program;
  std::uint32_t type;
  std::uint32_t flags;
};

} // namespace

Result<> add_device_filter_steps(Compiler& c, const Request& request, const std::vector<kernel::DeviceRule>& rules) {
  const kernel::CgroupHierarchy* unified = c.facts.cgroups.unified();
  if (rules.empty() || unified == nullptr || c.facts.cgroups.mode != kernel::CgroupMode::v2)
    return {};
  // Without the first user namespace's rights nobody loads such a program; nor makes a device node that opens anything.
  if (c.facts.rootless())
    return {};
  std::vector<bpf_insn> filter = kernel::device_filter(rules);
  std::string shell = "# the device filter has no shell form:";
  for (const std::string& line : kernel::describe_device_filter(rules))
    shell += "\n#   " + line;
  c.step(c.limits, [&] {
    return StepText{"allow devices by a BPF program of " + std::to_string(filter.size()) + " instructions",
                    c.why("linux.resources.devices"), "the container opens no other device, whatever node it makes",
                    shell, ShellPlace::none};
  });
  Data code = c.b.bytes({reinterpret_cast<const unsigned char*>(filter.data()), filter.size() * sizeof(bpf_insn)}, 8);
  LoadAttributes load{};
  load.type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.count = static_cast<std::uint32_t>(filter.size());
  std::memcpy(load.name, "phial_devices", sizeof "phial_devices");
  Data load_at = c.b.object(load);
  c.b.point(load_at + offsetof(LoadAttributes, instructions), code);
  c.b.point(load_at + offsetof(LoadAttributes, license), c.b.text("Apache-2.0"));
  Slot program = c.b.slot("device_filter");
  Slot directory = c.b.slot("cgroup_dir");
  c.b.call(SYS_bpf, {BPF_PROG_LOAD, load_at, sizeof load}).into(program);
  c.open(directory, unified->directory(request.cgroup), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  AttachAttributes attach{0, 0, BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI};
  Data attach_at = c.b.object(attach);
  c.b.add(Op::store, {attach_at + offsetof(AttachAttributes, target), directory, 4});
  c.b.add(Op::store, {attach_at + offsetof(AttachAttributes, program), program, 4});
  c.b.call(SYS_bpf, {BPF_PROG_ATTACH, attach_at, sizeof attach});
  c.b.call(SYS_close, {directory});
  c.b.call(SYS_close, {program});
  return {};
}

} // namespace phial::runtime
