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

// Root of a user namespace may not open the file of a process that is hidden from debuggers, be it its own.
void write_from_host(Compiler& c, const std::string& offsets) {
  c.b.add(Op::post, {c.sync, 't'});
  c.b.add(Op::wait, {c.sync, 'o'});
  c.step(Section::beside, [&] { return StepText{"set the offsets of its clocks", c.why("linux.timeOffsets")}; });
  Slot directory = c.b.slot("proc_pid");
  Slot file = c.b.slot("file");
  c.b.add(Op::wait, {c.host_sync, 't'});
  c.b.add(Op::process_dir, {c.pid}).into(directory);
  c.b.call(SYS_openat, {directory, c.b.text("timens_offsets"), O_WRONLY | O_CLOEXEC, 0}).into(file);
  c.b.call(SYS_write, {file, c.b.text(offsets), offsets.size()});
  c.b.call(SYS_close, {file});
  c.b.call(SYS_close, {directory});
  c.b.add(Op::post, {c.host_sync, 'o'});
  c.step(Section::init, [&] { return StepText{"enter the time namespace", c.why("linux.timeOffsets")}; });
}

} // namespace

void add_time_steps(Compiler& c, const spec::Linux& platform) {
  const spec::Namespace* own = platform.find(spec::NamespaceType::time);
  if (own == nullptr || !own->path.empty())
    return;
  std::string offsets =
      offset_line("monotonic", platform.monotonic_offset) + offset_line("boottime", platform.boottime_offset);
  c.step(Section::init, [&] {
    return StepText{"make a time namespace and enter it", c.why("linux.timeOffsets"),
                    "what counts from boot counts for the container alone"};
  });
  c.b.call(SYS_unshare, {CLONE_NEWTIME});
  if (!offsets.empty() && has_user_namespace(platform))
    write_from_host(c, offsets);
  else if (!offsets.empty())
    c.write_file("/proc/self/timens_offsets", offsets);
  // unshare(2) makes it for children only; no fork is needed to enter it oneself.
  Slot space = c.b.slot("time_ns");
  c.open(space, "/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
  c.b.call(SYS_setns, {space, CLONE_NEWTIME});
}

} // namespace phial::runtime
