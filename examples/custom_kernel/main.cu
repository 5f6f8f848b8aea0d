// SPDX-License-Identifier: Apache-2.0
// Lookups and updates fused with arithmetic of one's own: matrix factorisation with a logistic loss, whether a user likes an item being
// sigmoid(user row . item row). Two kernels a step. `score` reads both rows of a sample and makes the loss in registers; `learn` sums the
// gradients of each unique row straight from the plan and updates it at once, so that no gradients are ever written to memory.
// Sums have a fixed order and there are no float atomics: every run prints the same.
#include <hotrow/cuda.cuh>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

constexpr int dim = 16;
constexpr int lanes = hotrow::row_lanes<dim>();  // threads that share a row; any other power of two gives the same bits
constexpr int local = hotrow::RowShape<dim, lanes>::local;
using Format = hotrow::RowFormat<hotrow::Int8, hotrow::RowAffine<hotrow::Fp16>, hotrow::Stochastic<>>;
using Embedding = hotrow::CachedEmbedding<dim, Format, hotrow::Cache<hotrow::SetAssociative<8>>, hotrow::RowwiseAdagrad, hotrow::Cuda>;

using Batch = hotrow::Batch<std::int32_t>;
using Tile = hotrow::WarpTile<lanes>;

/// The rows of a batch, of users or of items, as kernels see them. Sample i is lookup i.
struct Rows {
    Embedding::View view;
    hotrow::PlanView<Embedding::View::RowId> plan;

    __device__ void read(const Tile& tile, std::uint32_t sample, float* row) const { view.read(tile, plan.locations[sample], row); }
    __device__ void add(const Tile& tile, std::uint32_t sample, float weight, float* sum) const { view.accumulate(tile, plan.locations[sample], weight, sum); }
};

/// Rows that `score` put aside in FP32, [samples][dim].
struct SavedRows {
    float* rows;

    __device__ void add(const Tile& tile, std::uint32_t sample, float weight, float* sum) const {
        float row[local];
        hotrow::load_dense<dim>(tile, rows, sample, row);
        for (int i = 0; i < local; ++i) sum[i] = hotrow::arithmetic::fma(weight, row[i], sum[i]);
    }
};

__device__ std::uint32_t tile_number() { return (blockIdx.x * blockDim.x + threadIdx.x) / lanes; }

/// One tile a sample: the loss, and its derivative by the logit. User rows are put aside, since they change before the items learn.
__global__ void score(Rows users, Rows items, const float* liked, float* loss, float* error, SavedRows saved) {
    const std::uint32_t sample = tile_number();
    if (sample >= users.plan.lookups) return;
    const Tile tile = hotrow::this_tile<lanes>();
    float user[local], item[local];
    users.read(tile, sample, user);
    items.read(tile, sample, item);
    const float logit = hotrow::reduction::row_dot<dim>(tile, user, item);
    hotrow::store_dense<dim>(tile, user, saved.rows, sample);
    if (tile.rank() != 0) return;
    loss[sample] = fmaxf(logit, 0.0f) - logit * liked[sample] + log1pf(expf(-fabsf(logit)));
    error[sample] = 1.0f / (1.0f + expf(-logit)) - liked[sample];
}

/// One tile a unique row of `rows`: the sum of error * the other row of each sample that has the row, then one update.
template <class Others>
__global__ void learn(Rows rows, Others others, const float* error) {
    const std::uint32_t run = tile_number();
    if (run >= rows.plan.runs()) return;
    const Tile tile = hotrow::this_tile<lanes>();
    float gradient[local];
    rows.plan.sum_run<local>(run, gradient, [&](std::uint32_t sample, float* sum) { others.add(tile, sample, error[sample], sum); });
    rows.view.update(tile, rows.plan, run, gradient);
}

void check(cudaError_t result) {
    if (result != cudaSuccess) throw std::runtime_error(cudaGetErrorString(result));
}

template <class T>
using OnDevice = std::unique_ptr<T[], decltype(&cudaFree)>;

template <class T>
OnDevice<T> on_device(const std::vector<T>& values) {
    void* memory = nullptr;
    check(cudaMalloc(&memory, values.size() * sizeof(T)));
    OnDevice<T> owner(static_cast<T*>(memory), &cudaFree);
    check(cudaMemcpy(memory, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice));
    return owner;
}

int main() {
    if (int devices = 0; cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
        std::puts("no CUDA device");
        return 77;  // CTest counts it as skipped
    }
    constexpr std::int32_t samples = 512, steps = 60, user_count = 2'000, item_count = 500;
    // Users like items of their own parity, nine times of ten.
    std::mt19937 random(1);
    std::geometric_distribution<std::int32_t> popular(0.01);
    std::vector<std::int32_t> user(samples * steps), item(user.size()), offset(samples + 1);
    std::vector<float> like(user.size()), losses(user.size());
    for (std::size_t i = 0; i < user.size(); ++i) {
        user[i] = popular(random) % user_count;
        item[i] = popular(random) % item_count;
        like[i] = ((user[i] + item[i]) % 2 == 0) == (random() % 10 > 0) ? 1.0f : 0.0f;
    }
    std::iota(offset.begin(), offset.end(), 0);  // a bag a sample
    const auto user_ids = on_device(user), item_ids = on_device(item), offsets = on_device(offset);
    const auto liked = on_device(like), loss = on_device(losses), error = on_device(std::vector<float>(samples));
    const auto user_rows = on_device(std::vector<float>(samples * dim));

    cudaStream_t stream = nullptr;
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    Embedding::Options options{
        .table_rows = {user_count}, .cache_fraction = 0.05, .seed = 7, .optimizer = {.learning_rate = 0.2f}, .initial_range = 0.3f, .max_lookups = samples};
    Embedding users(options, stream);
    options.table_rows = {item_count};
    Embedding items(options, stream);

    constexpr unsigned threads = 128, blocks = samples * lanes / threads;  // a tile a sample; there are at most so many unique rows
    for (int step = 0; step < steps; ++step) {
        const int first = step * samples;
        Batch batch{.indices = {user_ids.get() + first, samples}, .offsets = {offsets.get(), samples + 1}, .batch_size = samples};
        const auto user_plan = users.plan(batch, stream);
        batch.indices = {item_ids.get() + first, samples};
        const auto item_plan = items.plan(batch, stream);

        const Rows of_users{users.view(), users.plan_view(user_plan, stream)}, of_items{items.view(), items.plan_view(item_plan, stream)};
        const SavedRows saved{user_rows.get()};
        score<<<blocks, threads, 0, stream>>>(of_users, of_items, liked.get() + first, loss.get() + first, error.get(), saved);
        learn<<<blocks, threads, 0, stream>>>(of_users, of_items, error.get());  // items stay as they are meanwhile
        learn<<<blocks, threads, 0, stream>>>(of_items, saved, error.get());     // with the users as `score` saw them
        check(cudaGetLastError());
        users.finish(user_plan, stream);
        items.finish(item_plan, stream);
    }
    check(cudaMemcpyAsync(losses.data(), loss.get(), losses.size() * sizeof(float), cudaMemcpyDeviceToHost, stream));
    check(cudaStreamSynchronize(stream));
    check(cudaStreamDestroy(stream));

    const auto mean_of = [&](int step) { return std::accumulate(&losses[step * samples], &losses[step * samples] + samples, 0.0) / samples; };
    for (int step = 0; step < steps; step += step < 50 ? 10 : 9) std::printf("step %2d: loss %.4f\n", step, mean_of(step));
    return mean_of(steps - 1) < 0.8 * mean_of(0) ? 0 : 1;
}
