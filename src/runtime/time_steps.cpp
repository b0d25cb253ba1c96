// A time namespace: clocks of its own for what counts from boot. Section init. time_namespaces(7).
#include "kernel/kabi.hpp"
#include "runtime/compiler.hpp"

namespace phial::runtime {

namespace {

std::string offset_line(const char* clock, const std::optional<spec::TimeOffset>& offset) {
  if (!offset)
    return "";
  return std::string(clock) + " " + std::to_string(offset->seconds) + " " + std::to_string(offset->nanoseconds) + "\n";
}

} // namespace

Result<> add_time_steps(Compiler& c, const spec::Linux& platform) {
  const spec::Namespace* own = platform.find(spec::NamespaceType::time);
  if (own == nullptr || !own->path.empty())
    return {};
  std::string offsets =
      offset_line("monotonic", platform.monotonic_offset) + offset_line("boottime", platform.boottime_offset);
  if (!offsets.empty() && has_own_user_namespace(platform))
    return fail(Kind::unsupported, "linux.timeOffsets: this version cannot set them together with a user namespace");
  c.step(Section::init, "make a time namespace and enter it", c.why("linux.timeOffsets"),
         "what counts from boot counts for the container alone");
  c.b.call(SYS_unshare, {CLONE_NEWTIME});
  if (!offsets.empty())
    c.write_file("/proc/self/timens_offsets", offsets);
  // unshare(2) makes it for children only; no fork is needed to enter it oneself.
  Slot space = c.b.slot("time_ns");
  c.open(space, "/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
  c.b.call(SYS_setns, {space, CLONE_NEWTIME});
  return {};
}

} // namespace phial::runtime
