// A container of the OCI runtime as it is now: its record, and what the kernel says of its process.
#pragma once

#include "base/fd.hpp"
#include "runtime/lifecycle/record.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phial::runtime {

// runtime-spec runtime.md "State"; paused is runc's.
enum class Status : std::uint8_t { creating, created, running, paused, stopped };
[[nodiscard]] std::string_view status_name(Status status);

struct Container {
  Record record;
  Status status = Status::stopped;
  Fd process; // a pidfd of its first process; empty where that has ended

  [[nodiscard]] bool is_alive() const { return static_cast<bool>(process); }
};

// Kind::not_found with runc's words where there is none.
[[nodiscard]] Result<Container> find_container(const std::string& root, const std::string& id);

// Those with a record, by id. What cannot be read is left out, and its error added to `problems` where given.
[[nodiscard]] Result<std::vector<Container>> list_containers(const std::string& root,
                                                             std::vector<std::string>* problems = nullptr);

// Its config.json as it was at create.
[[nodiscard]] Result<spec::Spec> stored_spec(const std::string& root, const std::string& id);

} // namespace phial::runtime
