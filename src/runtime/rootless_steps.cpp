// For a caller who is not root: the program is carried out in a user namespace of his own, in which he is who he is and
// has every capability. The container's own user namespace, if it has one, is made within it. user_namespaces(7),
// newuidmap(1).
#include "kernel/id_maps.hpp"
#include "kernel/kabi.hpp"
#include "runtime/compiler.hpp"

namespace phial::runtime {

namespace {

using Ids = std::vector<kernel::IdRange>;

// Every id of the host's that is needed stands for itself.
Ids outside_ids(const std::vector<spec::IdMapping>& mappings, std::uint32_t own) {
  Ids out;
  for (const spec::IdMapping& mapping : mappings)
    out.push_back({mapping.outside, mapping.outside, mapping.size});
  if (!kernel::to_inside(mappings, own))
    out.push_back({own, own, 1});
  return out;
}

bool only_own(const Ids& ids) {
  return ids.size() == 1 && ids[0].size == 1;
}

// newuidmap's words, with room for the pid behind its name.
Data helper_words(Compiler& c, const char* program, Data pid, const Ids& ids) {
  std::vector<std::string> words = {program, ""};
  for (const kernel::IdRange& range : ids)
    for (std::uint32_t number : {range.inside, range.outside, range.size})
      words.push_back(std::to_string(number));
  Data out = c.b.strings(words);
  c.b.point(out + sizeof(std::uint64_t), pid);
  return out;
}

} // namespace

void add_rootless_steps(Compiler& c, const Request& request) {
  if (!c.facts.unprivileged)
    return;
  const spec::Linux& platform = request.spec->platform;
  Ids uids = outside_ids(platform.uid_mappings, c.facts.uid);
  Ids gids = outside_ids(platform.gid_mappings, c.facts.gid);
  c.step(Section::host, [&] {
    return StepText{"enter a user namespace of the caller's own", "the caller is not root",
                    "nothing can be done here that the caller could not do", "# unshare --user --mount --map-users=…"};
  });
  if (only_own(uids) && only_own(gids)) {
    c.b.call(SYS_unshare, {CLONE_NEWUSER | CLONE_NEWNS});
    c.write_file("/proc/self/setgroups", "deny");
    c.write_file("/proc/self/uid_map", kernel::id_map_text(uids));
    c.write_file("/proc/self/gid_map", kernel::id_map_text(gids));
    return;
  }
  Data pid = c.b.room(24);
  c.b.add(Op::enter_user_namespace,
          {helper_words(c, "/usr/bin/newuidmap", pid, uids), helper_words(c, "/usr/bin/newgidmap", pid, gids), pid});
}

} // namespace phial::runtime
