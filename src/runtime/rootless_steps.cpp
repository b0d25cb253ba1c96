// For a caller who is not root: the program is carried out in a user namespace of his own, in which he is who he is and
// has every capability. The container's own user namespace, if it has one, is made within it. user_namespaces(7),
// newuidmap(1).
#include "base/text.hpp"
#include "kernel/kabi.hpp"
#include "runtime/compiler.hpp"

#include <algorithm>

namespace phial::runtime {

namespace {

// Every id of the host's that is needed stands for itself.
std::vector<std::pair<std::uint32_t, std::uint32_t>> outside_ids(const std::vector<spec::IdMapping>& mappings,
                                                                 std::uint32_t own) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> out;
  bool covered = false;
  for (const spec::IdMapping& mapping : mappings) {
    out.emplace_back(mapping.host_id, mapping.size);
    covered = covered || (own >= mapping.host_id && own - mapping.host_id < mapping.size);
  }
  if (!covered)
    out.emplace_back(own, 1);
  return out;
}

bool only_own(const std::vector<std::pair<std::uint32_t, std::uint32_t>>& ids) {
  return ids.size() == 1 && ids[0].second == 1;
}

std::string identity(std::uint32_t id) {
  std::string text = std::to_string(id);
  return text + " " + text + " 1\n";
}

// newuidmap's words, with room for the pid behind its name.
Data helper_words(Compiler& c, const char* program, Data pid,
                  const std::vector<std::pair<std::uint32_t, std::uint32_t>>& ids) {
  std::vector<std::string> words = {program, ""};
  for (const auto& [first, size] : ids)
    for (const std::string& word : {std::to_string(first), std::to_string(first), std::to_string(size)})
      words.push_back(word);
  Data out = c.b.strings(words);
  c.b.point(out + sizeof(std::uint64_t), pid);
  return out;
}

} // namespace

void add_rootless_steps(Compiler& c, const Request& request) {
  if (!c.facts.unprivileged)
    return;
  const spec::Linux& platform = request.spec->platform;
  auto uids = outside_ids(platform.uid_mappings, c.facts.uid);
  auto gids = outside_ids(platform.gid_mappings, c.facts.gid);
  c.step(Section::host, "enter a user namespace of the caller's own", "the caller is not root",
         "nothing can be done here that the caller could not do", "# unshare --user --mount --map-users=…");
  if (only_own(uids) && only_own(gids)) {
    c.b.call(SYS_unshare, {CLONE_NEWUSER | CLONE_NEWNS});
    c.write_file("/proc/self/setgroups", "deny");
    c.write_file("/proc/self/uid_map", identity(c.facts.uid));
    c.write_file("/proc/self/gid_map", identity(c.facts.gid));
    return;
  }
  Data pid = c.b.room(24);
  c.b.add(Op::enter_user_namespace,
          {helper_words(c, "/usr/bin/newuidmap", pid, uids), helper_words(c, "/usr/bin/newgidmap", pid, gids), pid});
}

} // namespace phial::runtime
