// The container's cgroups: made in every hierarchy, limited, joined. Sections host and init. cgroups(7).
#include "kernel/cgroup/controller.hpp"
#include "kernel/kabi.hpp"
#include "kernel/namespaces.hpp"
#include "runtime/cgroup_paths.hpp"
#include "runtime/compiler.hpp"

#include <cerrno>

namespace phial::runtime {

namespace {

using kernel::CgroupHierarchy;
using kernel::CgroupLayout;
using kernel::CgroupMode;
using program::Added;

// "/phial/x" -> {"/phial"}: what lies between the hierarchy's root and the cgroup.
std::vector<std::string> parents(const std::string& cgroup) {
  std::vector<std::string> out;
  for (std::size_t at = cgroup.find('/', 1); at != std::string::npos; at = cgroup.find('/', at + 1))
    out.push_back(cgroup.substr(0, at));
  return out;
}

StepText removal(const std::string& directory) {
  return {"remove the cgroup " + directory, "the container is gone", "", "rmdir " + directory, ShellPlace::host};
}

void fill_cpuset(Compiler& c, const std::string& directory) {
  for (const kernel::FileWrite& write : kernel::inherited_cpuset(c.facts.cpuset_cpus, c.facts.cpuset_mems))
    c.write_file(directory + "/" + write.file, write.value);
}

void fill_cpuset_parent(Compiler& c, const std::string& directory) {
  fill_cpuset(c, directory);
  c.write_file(directory + "/cgroup.clone_children", "1");
}

// A cgroup of that name may be there: made beforehand with settings of its own, or left by somebody. It is taken where
// no process is in it: of the first line there is a read to nowhere fails.
void take_existing(Compiler& c, const std::string& directory, program::Label& ready) {
  Slot procs = c.b.slot("procs");
  program::Label empty;
  c.open(procs, directory + "/cgroup.procs", O_RDONLY | O_CLOEXEC);
  c.b.call(SYS_read, {procs, 0, 1});
  c.b.then(empty, EFAULT);
  c.b.add(Op::fail, {EBUSY});
  c.b.place(empty);
  c.b.call(SYS_close, {procs});
  c.b.add(Op::skip)
      .undone_by(Op::remove_cgroup, {c.b.text(directory)}, [&] { return removal(directory); })
      .then_skip(ready);
}

void make_in_hierarchy(Compiler& c, const CgroupHierarchy& hierarchy, const std::string& cgroup) {
  std::string directory = hierarchy.directory(cgroup);
  bool there = c.facts.cgroup_exists;
  program::Label made;
  program::Label ready;
  auto make = [&](int missing) {
    Added mkdir = c.b.call(SYS_mkdir, {c.b.text(directory), 0755});
    mkdir.undone_by(Op::remove_cgroup, {c.b.text(directory)}, [&] { return removal(directory); });
    if (there || missing != 0)
      mkdir.tolerate(there ? EEXIST : missing, there ? missing : 0).then_skip(made);
  };
  bool fill = hierarchy.version == 1 && hierarchy.has("cpuset") && !c.facts.cpuset_inherits;
  if (!fill && !parents(cgroup).empty()) // the parents are there but for the first container
    make(ENOENT);
  for (const std::string& parent : parents(cgroup)) {
    c.b.call(SYS_mkdir, {c.b.text(hierarchy.directory(parent)), 0755}).tolerate(EEXIST);
    if (fill)
      fill_cpuset_parent(c, hierarchy.directory(parent));
  }
  make(0);
  if (there)
    take_existing(c, directory, ready);
  c.b.place(made);
  if (fill && parents(cgroup).empty()) // nothing of ours is above it that would fill it
    fill_cpuset(c, directory);
  c.b.place(ready);
}

// Version 2 gives a child the controllers its parent passes on. In hybrid mode the few that are there are the host's to
// pass on.
void pass_on_controllers(Compiler& c, const CgroupHierarchy& hierarchy, const std::string& cgroup) {
  if (hierarchy.controllers.empty() || c.facts.cgroups.mode != CgroupMode::v2)
    return;
  std::string text = kernel::subtree_control_text(hierarchy.controllers);
  c.step(Section::host, [&] {
    return StepText{"let the cgroup's parents pass on their controllers", c.why("linux.cgroupsPath"), "", "",
                    ShellPlace::none};
  });
  std::vector<std::string> directories = {hierarchy.point};
  for (const std::string& parent : parents(cgroup))
    directories.push_back(hierarchy.directory(parent));
  for (const std::string& directory : directories) {
    if (directory != hierarchy.point)
      c.b.call(SYS_mkdir, {c.b.text(directory), 0755}).tolerate(EEXIST);
    c.write_file(directory + "/cgroup.subtree_control", text);
    c.b.shell(
        [&] { return "mkdir -p " + directory + "\necho '" + text + "' > " + directory + "/cgroup.subtree_control"; },
        ShellPlace::host);
  }
}

std::string make_shell(const CgroupLayout& layout, const std::string& cgroup) {
  std::string out;
  for (const CgroupHierarchy& hierarchy : layout.hierarchies)
    out += (out.empty() ? "mkdir -p " : " ") + hierarchy.directory(cgroup);
  return out;
}

std::string fill_shell(const Compiler& c, const std::string& cgroup) {
  const CgroupHierarchy* cpuset = c.facts.cgroups.holding("cpuset");
  if (cpuset == nullptr || cpuset->version != 1 || c.facts.cpuset_inherits)
    return "";
  std::string out;
  std::vector<std::string> all = parents(cgroup);
  all.push_back(cgroup);
  for (const std::string& path : all)
    for (const kernel::FileWrite& write : kernel::inherited_cpuset(c.facts.cpuset_cpus, c.facts.cpuset_mems))
      out += "\necho " + write.value + " > " + cpuset->directory(path) + "/" + write.file;
  return out;
}

// The file that is being written to: several lines to one file (devices.allow) open it once.
struct OpenFile {
  std::string path;
  Slot slot;
};

void close_file(Compiler& c, OpenFile& file) {
  if (!file.path.empty())
    c.b.call(SYS_close, {file.slot});
  file.path.clear();
}

void write_text(Compiler& c, Slot file, const kernel::FileWrite& write, const std::string& value) {
  const std::vector<int>& tolerated = write.tolerated;
  c.b.call(SYS_write, {file, c.b.text(value), value.size()})
      .tolerate(tolerated.empty() ? 0 : tolerated[0], tolerated.size() < 2 ? 0 : tolerated[1]);
}

void add_write(Compiler& c, const std::string& directory, const kernel::FileWrite& write, OpenFile& file) {
  std::string path = directory + "/" + write.file;
  if (path != file.path)
    close_file(c, file);
  c.step(c.limits, [&] {
    return StepText{"limit: " + write.file + " = " + write.value, c.why(write.field), "",
                    "echo '" + write.value + "' > " + path, ShellPlace::host};
  });
  if (path == file.path)
    return write_text(c, file.slot, write, write.value);
  file = {path, c.b.slot("file")};
  c.open(file.slot, path, O_WRONLY | O_CLOEXEC);
  if (write.fallback_file.empty())
    return write_text(c, file.slot, write, write.value);
  program::Label found;
  program::Label written;
  c.b.then(found, ENOENT);
  c.open(file.slot, directory + "/" + write.fallback_file, O_WRONLY | O_CLOEXEC);
  write_text(c, file.slot, write, write.fallback_value);
  c.b.jump(written);
  c.b.place(found);
  write_text(c, file.slot, write, write.value);
  c.b.place(written);
}

} // namespace

void add_cgroup_steps(Compiler& c, const Request& request) {
  if (request.cgroup.empty() || request.systemd)
    return;
  for (const CgroupHierarchy& hierarchy : c.facts.cgroups.hierarchies)
    if (hierarchy.version == 2)
      pass_on_controllers(c, hierarchy, request.cgroup);
  c.step(Section::host, [&] {
    return StepText{"make the cgroup " + request.cgroup + " in " + std::to_string(c.facts.cgroups.hierarchies.size()) +
                        (c.facts.cgroups.hierarchies.size() == 1 ? " hierarchy" : " hierarchies"),
                    c.why("linux.cgroupsPath"), "what the container uses is counted, and can be limited",
                    make_shell(c.facts.cgroups, request.cgroup) + fill_shell(c, request.cgroup), ShellPlace::host};
  });
  for (const CgroupHierarchy& hierarchy : c.facts.cgroups.hierarchies)
    make_in_hierarchy(c, hierarchy, request.cgroup);
}

Result<> add_cgroup_limit_steps(Compiler& c, const Request& request) {
  if (request.cgroup.empty())
    return {};
  kernel::CgroupRequest wanted;
  if (request.spec->platform.resources)
    wanted.resources = *request.spec->platform.resources;
  OpenFile file;
  for (const kernel::FileWrite& write : TRY(kernel::cgroup_writes(c.facts.cgroups, wanted))) {
    const CgroupHierarchy* hierarchy =
        write.version == 2 ? c.facts.cgroups.unified() : c.facts.cgroups.holding(write.controller);
    if (hierarchy == nullptr)
      return fail(Kind::unsupported,
                  write.field + ": no mounted cgroup hierarchy has the controller " + write.controller);
    add_write(c, hierarchy->directory(request.cgroup), write, file);
  }
  close_file(c, file);
  return add_device_filter_steps(c, request, wanted.resources.devices);
}

void add_open_cgroup_steps(Compiler& c, const Request& request) {
  if (request.cgroup.empty() || !has_user_namespace(request.spec->platform))
    return;
  c.step(Section::host, [&] {
    return StepText{"open the cgroups for the process to join", "root of its user namespace may not open them"};
  });
  for (const CgroupHierarchy& hierarchy : c.facts.cgroups.hierarchies) {
    if (hierarchy.version == 2)
      continue;
    c.procs.push_back(c.b.slot("procs"));
    c.open(c.procs.back(), hierarchy.directory(request.cgroup) + "/" + std::string(kJoinFile), O_WRONLY);
  }
}

void add_join_cgroup_steps(Compiler& c, const Request& request) {
  if (!request.cgroup.empty() && c.facts.cgroups.mode != CgroupMode::v2) { // there it is born in it
    std::size_t opened = 0;
    c.step(Section::init, [&] {
      return StepText{"join the cgroup in each hierarchy", c.why("linux.cgroupsPath"),
                      "what the container uses is counted, and limited", "", ShellPlace::host};
    });
    for (const CgroupHierarchy& hierarchy : c.facts.cgroups.hierarchies) {
      std::string directory = hierarchy.directory(request.cgroup);
      c.b.shell([&] { return "echo $pid > " + directory + "/cgroup.procs"; });
      if (hierarchy.version == 2)
        continue; // born in it
      if (opened < c.procs.size()) {
        c.b.call(SYS_write, {c.procs[opened++], c.b.text("0"), 1});
        continue;
      }
      Slot file = c.b.slot("procs");
      c.open(file, directory + "/" + std::string(kJoinFile), O_WRONLY | O_CLOEXEC);
      c.b.call(SYS_write, {file, c.b.text("0"), 1});
    }
  }
  const spec::Namespace* own = request.spec->platform.find(spec::NamespaceType::cgroup);
  if (own == nullptr || !own->path.empty())
    return;
  c.step(Section::init, [&] {
    return StepText{"make a cgroup namespace whose root this cgroup is", c.why("linux.namespaces"),
                    "the container " + std::string(kernel::facts(kernel::NamespaceKind::cgroup).guarantee)};
  });
  c.b.call(SYS_unshare, {CLONE_NEWCGROUP});
}

CgroupPaths cgroup_paths(const CgroupLayout& layout, const std::string& cgroup) {
  CgroupPaths out;
  for (const CgroupHierarchy& hierarchy : layout.hierarchies)
    out.directories.push_back(hierarchy.directory(cgroup));
  if (const CgroupHierarchy* memory = layout.holding("memory")) {
    out.memory = memory->directory(cgroup);
    out.memory_v1 = memory->version == 1;
  }
  const CgroupHierarchy* freezer = layout.holding("freezer");
  if (freezer == nullptr)
    freezer = layout.unified();
  if (freezer != nullptr) {
    out.freezer = freezer->directory(cgroup);
    out.freezer_v1 = freezer->version == 1;
  }
  return out;
}

} // namespace phial::runtime
