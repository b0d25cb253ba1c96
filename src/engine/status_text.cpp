// A container's state in docker's words. Pure.
#include "base/clock.hpp"
#include "engine/engine.hpp"

namespace phial::engine {

std::string_view status_name(Status status) {
  switch (status) {
  case Status::created: return "created";
  case Status::running: return "running";
  case Status::paused: return "paused";
  case Status::exited: return "exited";
  case Status::dead: return "dead";
  }
  return "dead";
}

std::string Container::status_text(std::int64_t now) const {
  switch (status) {
  case Status::created: return "Created";
  case Status::running: return "Up " + human_duration(now - started_at);
  case Status::paused: return "Up " + human_duration(now - started_at) + " (Paused)";
  case Status::exited: {
    std::string out = "Exited (" + (exit_code ? std::to_string(*exit_code) : "unknown") + ")";
    // When it ended is not known either, if its monitor did not live to see it.
    if (finished_at != 0)
      out += " " + human_duration(now - finished_at) + " ago";
    if (!oom_killed)
      return out;
    return out + (exit_code == 137 ? ", out of memory" : ", a process was killed for want of memory");
  }
  case Status::dead: return "Dead";
  }
  return "Dead";
}

} // namespace phial::engine
