// Containers as directories: where they lie, their names, their records, and what is true of them now. The verbs are
// built on this; nothing here starts or ends a process.
#pragma once

#include "base/fd.hpp"
#include "engine/engine.hpp"

namespace phial::engine {

// Where one container's things are.
struct Places {
  std::string directory; // ROOT/containers/ID
  std::string state;     // STATE/containers/ID
};
[[nodiscard]] Places places(const Engine& engine, std::string_view id);
[[nodiscard]] std::string names_directory(const Engine& engine);

// Makes ROOT and STATE with what must be in them.
[[nodiscard]] Result<> make_places(const Engine& engine);

// ---- names ----------------------------------------------------------------------------------------------------------

// Takes a name for an id: Kind::exists where another container has it. A link to a container that is not there any more
// is taken over.
[[nodiscard]] Result<> take_name(const Engine& engine, const std::string& name, const std::string& id);
// Lets go of all names of the container but `keep` (empty: of all).
[[nodiscard]] Result<> drop_names(const Engine& engine, const std::string& id, std::string_view keep = {});
// Removes the links to containers that are not there any more.
void drop_dangling_names(const Engine& engine);
// Name and id, sorted by name.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> all_names(const Engine& engine);

// The id a reference means: a name, an id, or the beginning of one. Pure, but for the error's words.
[[nodiscard]] Result<std::string> resolve(std::string_view reference,
                                          const std::vector<std::pair<std::string, std::string>>& names,
                                          const std::vector<std::string>& ids);

// ---- records --------------------------------------------------------------------------------------------------------

// The record and the present truth of the container with that id. `name`: its present one, where known.
[[nodiscard]] Result<Container> load(const Engine& engine, const std::string& id, std::string name = {});

// The same without its record, which cannot be read: the id, and what the kernel says of its run.
[[nodiscard]] Result<Container> find_damaged(const Engine& engine, std::string_view reference);

// Takes the container's lock, waiting for whoever has it. Held until the Fd is closed; flock(2).
[[nodiscard]] Result<Fd> lock_container(const Engine& engine, const std::string& id);
// Waits until no monitor looks after the container, and mends what one that was killed left: runs its program's undo,
// removes its state directory. The caller holds the container's lock and knows that the container does not run.
[[nodiscard]] Result<> heal(const Engine& engine, const std::string& id);

// Ends whatever lives in the cgroup and removes it.
[[nodiscard]] Result<> end_in_cgroups(const runtime::CgroupPaths& cgroup);

} // namespace phial::engine
