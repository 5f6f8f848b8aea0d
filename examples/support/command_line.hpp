// SPDX-License-Identifier: Apache-2.0
// Options of a command line, with errors that name the option, its value, and what is allowed.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "examples/support/error.hpp"

namespace examples {

using Names = std::span<std::string_view const>;

inline std::string all_of(Names names) {
    std::string all;
    for (auto const& each : names) all += (all.empty() ? "" : ", ") + std::string(each);
    return all;
}

// Which of an enumeration's names, given in the order of its values, the text is.
template <class Enum>
Enum chosen(std::string const& option, Names names, std::string const& text) {
    auto const found = std::find(names.begin(), names.end(), text);
    if (found == names.end()) throw UsageError(option + " " + text + ": must be one of " + all_of(names));
    return static_cast<Enum>(found - names.begin());
}

// An option whose value is one of an enumeration's names; `Target` is the enumeration or an optional of it.
template <class Enum, class Target>
CLI::Option* add_choice(CLI::App& app, std::string const& option, Names names, Target& target, std::string const& help) {
    auto const choose = [option, names, &target](std::string const& text) { target = chosen<Enum>(option, names, text); };
    auto* const added = app.add_option_function<std::string>(option, choose, help + ": " + all_of(names));
    if constexpr (std::is_same_v<Enum, Target>) added->default_str(std::string(names[static_cast<std::size_t>(target)]));
    return added->type_name("NAME");
}

// The same for a list, separated by commas.
template <class Enum>
CLI::Option* add_choices(CLI::App& app, std::string const& option, Names names, std::vector<Enum>& targets, std::string const& help) {
    auto const choose = [option, names, &targets](std::vector<std::string> const& texts) {
        targets.clear();
        for (auto const& text : texts) targets.push_back(chosen<Enum>(option, names, text));
    };
    std::string all;
    for (Enum const each : targets) all += (all.empty() ? "" : ",") + std::string(names[static_cast<std::size_t>(each)]);
    auto* const added = app.add_option_function<std::vector<std::string>>(option, choose, help);
    return added->delimiter(',')->default_str(all)->type_name("NAMES");
}

template <class Value>
CLI::Option* add_value(CLI::App& app, std::string const& option, Value& target, std::string const& help) {
    return app.add_option(option, target, help)->capture_default_str();
}

inline CLI::Option* add_seed(CLI::App& app, std::uint64_t& target) {
    return add_value(app, "--seed", target, "of every random number: same seed, same figures")->check([](std::string const& text) {  // else -1 would wrap
        if (text.starts_with('-')) throw UsageError("--seed " + text + ": must be at least 0");
        return std::string();
    });
}

// Options of one kind, under a heading of their own in the help.
template <class Options>
void add_group(CLI::App& app, std::string const& heading, void (*add)(CLI::App&, Options&), Options& options) {
    app.option_defaults()->group(heading);
    add(app, options);
}

// The help, if it is asked for: then nothing is left to do.
inline std::optional<std::string> parse(CLI::App& app, int argc, char const* const* argv) {
    try {
        app.parse(argc, argv);
    } catch (CLI::CallForHelp const&) { return app.help(); } catch (CLI::ParseError const& error) {
        throw UsageError(error.what());
    }
    return {};
}

template <class Value>
void check(std::string const& option, Value value, bool allowed, std::string const& limit) {
    if (allowed) return;
    std::ostringstream text;
    text << option << " " << value << ": must be " << limit;
    throw UsageError(text.str());
}

}  // namespace examples
