// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "examples/support/text.hpp"

namespace word2vec {
namespace {

using examples::format;
using examples::with_commas;
using Json = nlohmann::ordered_json;

std::vector<double> losses_of(std::vector<Result> const& results) {
    std::vector<double> losses;
    for (auto const& result : results) losses.push_back(result.held_out_loss);
    return losses;
}

// Of each seed, its loss less that of the first setting.
std::vector<double> differences(Outcome const& outcome, std::size_t setting) {
    auto losses = losses_of(outcome.results[setting]);
    auto const base = losses_of(outcome.results.front());
    for (std::size_t i = 0; i < losses.size(); ++i) losses[i] -= base[i];
    return losses;
}

std::string mean_and_error_text(char const* pattern, std::vector<double> const& values) {
    auto const [mean, error] = mean_and_error(values);
    auto const text = format(pattern, mean);
    return values.size() == 1 ? text : text + format(" (%.5f)", error);
}

std::string word_of(Corpus const& corpus, Word word) { return corpus.vocabulary.words[static_cast<std::size_t>(word)]; }

Json to_json(Options const& options) {
    Json json;
    json["data"] = options.corpus.file.string();
    json["min_count"] = options.corpus.min_count;
    json["hold_out"] = options.corpus.hold_out;
    json["window"] = options.pairs.window;
    json["negatives"] = options.pairs.negatives;
    json["subsample"] = options.pairs.subsample;
    json["cache"] = options.cache;
    json["dim"] = options.dim;
    json["lr"] = options.learning_rate;
    json["epochs"] = options.epochs;
    json["batch"] = options.batch;
    json["seed"] = options.seed;
    json["seeds"] = options.seeds;
    json["threads"] = options.threads;
    return json;
}

Json to_json(Result const& result, std::uint64_t seed) {
    Json json;
    json["seed"] = seed;
    json["held_out_loss"] = result.held_out_loss;
    json["train_loss"] = result.train_loss;
    json["held_out_pairs"] = result.held_out_pairs;
    json["train_pairs"] = result.train_pairs;
    json["hit_rate"] = result.statistics.hit_rate();
    json["lookups"] = result.statistics.lookups;
    json["rejected_updates"] = result.statistics.rejected_updates;
    json["seconds"] = result.seconds;
    json["words_per_second"] = result.words_per_second;
    return json;
}

Json neighbours_json(Corpus const& corpus, Outcome const& outcome, std::size_t setting) {
    Json json = Json::object();
    for (std::size_t i = 0; i < outcome.queries.size(); ++i) {
        Json& list = json[outcome.queries[i].text] = Json::array();
        for (auto const& [word, cosine] : outcome.nearest[setting][i]) { list.push_back({{"word", word_of(corpus, word)}, {"cosine", cosine}}); }
    }
    return json;
}

Json to_json(Corpus const& corpus, Outcome const& outcome, std::size_t setting) {
    auto const& results = outcome.results[setting];
    auto const& bytes = results.front().bytes;
    auto const loss = mean_and_error(losses_of(results));
    auto const difference = mean_and_error(differences(outcome, setting));
    Json json;
    json["label"] = outcome.settings[setting].label();
    json["rows"] = rows_names[static_cast<std::size_t>(outcome.settings[setting].rows)];
    json["cache"] = outcome.settings[setting].cache;
    json["held_out_loss"] = {{"mean", loss.mean}, {"error", loss.error}};
    json["difference"] = {{"mean", difference.mean}, {"error", difference.error}};
    json["embedding_bytes"] = bytes.embedding();
    json["stored_row_bytes"] = bytes.stored_rows;
    json["cache_bytes"] = bytes.cache();
    json["optimizer_bytes"] = bytes.optimizer_state;
    json["fp32_bytes"] = results.front().fp32_bytes;
    json["memory_ratio"] = results.front().memory_ratio();
    for (std::size_t i = 0; i < results.size(); ++i) json["runs"].push_back(to_json(results[i], outcome.seeds[i]));
    json["neighbours"] = neighbours_json(corpus, outcome, setting);
    return json;
}

// One row of the table, from a figure of each setting.
std::string line(std::string const& what, std::size_t columns, std::function<std::string(std::size_t)> const& value) {
    std::string text = format("%-22s", what.c_str());
    for (std::size_t i = 0; i < columns; ++i) text += format("%22s", value(i).c_str());
    return text + '\n';
}

}  // namespace

MeanAndError mean_and_error(std::vector<double> const& values) {
    double const n = static_cast<double>(values.size());
    double sum = 0, squares = 0;
    for (double value : values) sum += value;
    double const mean = sum / n;
    for (double value : values) squares += (value - mean) * (value - mean);
    return {mean, values.size() < 2 ? 0.0 : std::sqrt(squares / (n - 1) / n)};
}

std::string describe(Corpus const& corpus) {
    return corpus.name + ": " + with_commas(corpus.vocabulary.size()) + " different words; " + with_commas(corpus.train.size()) + " sentences of " +
           with_commas(corpus.train.word_count()) + " words to train on, " + with_commas(corpus.held_out.size()) + " of " +
           with_commas(corpus.held_out.word_count()) + " held out\n";
}

std::string table(Corpus const& corpus, Outcome const& outcome) {
    std::size_t const columns = outcome.settings.size();
    auto const first = [&](std::size_t i) -> Result const& { return outcome.results[i].front(); };
    std::string text;
    text += line("", columns, [&](std::size_t i) { return outcome.settings[i].label(); });
    text += line("held-out loss", columns, [&](std::size_t i) { return mean_and_error_text("%.5f", losses_of(outcome.results[i])); });
    text += line("  difference", columns, [&](std::size_t i) { return i == 0 ? std::string("-") : mean_and_error_text("%+.5f", differences(outcome, i)); });
    text += line("training loss", columns, [&](std::size_t i) { return format("%.5f", first(i).train_loss); });
    text += line("bytes of rows + cache", columns, [&](std::size_t i) { return with_commas(first(i).bytes.embedding()); });
    text += line("memory ratio", columns, [&](std::size_t i) { return format("%.2f x", first(i).memory_ratio()); });
    text += line("hit rate", columns,
                 [&](std::size_t i) { return first(i).bytes.lines > 0 ? format("%.1f %%", 100 * first(i).statistics.hit_rate()) : std::string("no cache"); });
    text += line("words/s", columns, [&](std::size_t i) { return with_commas(static_cast<std::int64_t>(first(i).words_per_second)); });
    if (outcome.seeds.size() > 1) {
        text += "Losses and differences are means of " + std::to_string(outcome.seeds.size()) + " seeds (standard error); all else is of seed " +
                std::to_string(outcome.seeds.front()) + ".\n";
    }
    for (std::size_t query = 0; query < outcome.queries.size(); ++query) {
        text += "\n";
        for (std::size_t rank = 0; rank < outcome.nearest.front()[query].size(); ++rank) {
            text += line(rank == 0 ? outcome.queries[query].text : "", columns, [&](std::size_t i) {
                auto const& [word, cosine] = outcome.nearest[i][query][rank];
                return word_of(corpus, word) + format(" %.2f", static_cast<double>(cosine));
            });
        }
    }
    return text;
}

std::string to_json(Options const& options, Corpus const& corpus, Outcome const& outcome) {
    Json json;
    json["options"] = to_json(options);
    json["vocabulary"] = corpus.vocabulary.size();
    json["train_words"] = corpus.train.word_count();
    json["held_out_words"] = corpus.held_out.word_count();
    for (std::size_t i = 0; i < outcome.settings.size(); ++i) json["settings"].push_back(to_json(corpus, outcome, i));
    return json.dump(2) + "\n";
}

}  // namespace word2vec
