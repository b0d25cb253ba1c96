// Intel RDT: the share of the last cache and of the memory's bandwidth, by a group of resctrl. Sections host and
// beside. Documentation/filesystems/resctrl in the kernel; runtime-spec config-linux.md "IntelRdt".
#include "base/text.hpp"
#include "kernel/kabi.hpp"
#include "runtime/compiler.hpp"

#include <algorithm>

namespace phial::runtime {

namespace {

std::vector<std::string> asked_lines(const spec::IntelRdt& rdt) {
  std::vector<std::string> out;
  for (const std::string& text : {rdt.l3_cache_schema, rdt.memory_bandwidth_schema})
    for (std::string_view line : split(text, '\n'))
      if (!trim(line).empty())
        out.emplace_back(trim(line));
  out.insert(out.end(), rdt.schemata.begin(), rdt.schemata.end());
  return out;
}

bool has_line(std::string_view text, std::string_view wanted) {
  return std::ranges::any_of(split(text, '\n'), [&](std::string_view line) { return trim(line) == trim(wanted); });
}

// A group that was there before belongs to others as well: it is taken as it is, or not at all.
Result<> check_group(const ResctrlFacts& facts, const spec::IntelRdt& rdt, const std::vector<std::string>& lines) {
  if (facts.point.empty())
    return fail(Kind::unsupported, "linux.intelRdt: resctrl is not mounted on this host",
                "where the processor has RDT: mount -t resctrl resctrl /sys/fs/resctrl");
  if (!rdt.clos_id.empty() && lines.empty() && !facts.exists)
    return fail(Kind::not_found,
                "linux.intelRdt.closID: there is no group " + rdt.clos_id + ", and without a schema none is made");
  if (facts.exists && rdt.clos_id != "/")
    for (const std::string& line : lines)
      if (!has_line(facts.schemata, line))
        return fail(Kind::input,
                    "linux.intelRdt: the group " + rdt.clos_id + " exists, and its schemata lacks \"" + line + "\"",
                    "leave out the schemas to take it as it is, or choose another closID");
  return {};
}

StepText removal(const std::string& directory) {
  return {"remove the resctrl group " + directory, "the container is gone", "", "rmdir " + directory, ShellPlace::host};
}

void add_directory(Compiler& c, const std::string& directory) {
  c.b.call(SYS_mkdir, {c.b.text(directory), 0755})
      .undone_by_call(SYS_rmdir, {c.b.text(directory)}, [&] { return removal(directory); }, ENOENT);
}

void join(Compiler& c, const std::string& directory) {
  Slot tasks = c.b.slot("tasks");
  Data pid = c.b.room(program::kPaddedWidth, 1);
  c.b.add(Op::store_padded, {pid, c.pid});
  c.open(tasks, directory + "/tasks", O_WRONLY | O_CLOEXEC);
  c.b.call(SYS_write, {tasks, pid, program::kPaddedWidth});
  c.b.call(SYS_close, {tasks});
}

} // namespace

Result<> add_rdt_steps(Compiler& c, const Request& request) {
  if (!request.spec->platform.intel_rdt)
    return {};
  const spec::IntelRdt& rdt = *request.spec->platform.intel_rdt;
  std::vector<std::string> lines = asked_lines(rdt);
  TRY(check_group(c.facts.resctrl, rdt, lines));
  std::string name = rdt.clos_id.empty() ? request.id : rdt.clos_id;
  std::string directory = c.facts.resctrl.point + (name == "/" ? "" : "/" + name);
  std::string monitor = directory + "/mon_groups/" + request.id;
  bool fresh = name != "/" && !c.facts.resctrl.exists;
  if (fresh || name == "/") {
    std::string schemata = phial::join(lines, "\n");
    c.step(Section::host, [&] {
      return StepText{
          (fresh ? "make the resctrl group " : "set the resctrl group ") + name, c.why("linux.intelRdt"),
          "cache and memory bandwidth are shared as its schemata says",
          (fresh ? "mkdir " + directory + "\n" : "") +
              (lines.empty() ? "" : "printf '%s\\n' " + shell_quote(schemata) + " > " + directory + "/schemata"),
          ShellPlace::host};
    });
    if (fresh)
      add_directory(c, directory);
    if (!lines.empty())
      c.write_file(directory + "/schemata", schemata + "\n");
  }
  if (rdt.enable_monitoring) {
    c.step(Section::host, [&] {
      return StepText{"watch it by a group of its own", c.why("linux.intelRdt.enableMonitoring"),
                      "resctrl counts what the container uses", "mkdir " + monitor, ShellPlace::host};
    });
    add_directory(c, monitor);
  }
  return {};
}

void add_join_rdt_steps(Compiler& c, const Request& request) {
  if (!request.spec->platform.intel_rdt)
    return;
  const spec::IntelRdt& rdt = *request.spec->platform.intel_rdt;
  std::string name = rdt.clos_id.empty() ? request.id : rdt.clos_id;
  std::string directory = c.facts.resctrl.point + (name == "/" ? "" : "/" + name);
  std::string shell = "echo $pid > " + directory + "/tasks";
  std::string monitor = directory + "/mon_groups/" + request.id;
  if (rdt.enable_monitoring)
    shell += "\necho $pid > " + monitor + "/tasks";
  c.step(Section::beside, [&] {
    return StepText{"put it into the resctrl group " + name, c.why("linux.intelRdt"), "", shell, ShellPlace::host};
  });
  join(c, directory);
  if (rdt.enable_monitoring)
    join(c, monitor);
}

} // namespace phial::runtime
