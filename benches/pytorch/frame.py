"""One frame of the learned renderer at its full size, drawn by PyTorch from the same weights, and how long it takes.

    cargo run --release -p orator-render --example frame_for_pytorch -- frame.safetensors > ours.json
    python benches/pytorch/frame.py frame.safetensors ours.json

The first writes random weights, a pose and the frame that our networks draw of it, and times ours. This draws the same frame with
PyTorch, refuses to go on when it differs, and prints both times and their ratio as JSON. Needs torch, numpy and safetensors.
The networks are those of METHODS 2.6 and 2.7: dense motion, generator, edge heatmap, fusion, refiner.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from safetensors import safe_open

TOLERANCE = {"flow": 2e-4, "heatmaps": 5e-3, "generated": 2e-3, "drawn": 5e-3}
LEAK = 0.2


class Networks:
    """The driven branch. Weights by their names in the weight file, computing in `kind`."""

    def __init__(self, weights, case, kind):
        self.kind = kind
        self.case = case
        self.weights = {}
        for name, weight in weights.items():
            weight = weight.to(kind)
            if weight.dim() == 4:
                weight = weight.contiguous(memory_format=torch.channels_last)
            self.weights[name] = weight

    # Blocks.

    def conv(self, x, name, stride=1, padding=None, reflect=False):
        weight, bias = self.weights[f"{name}.weight"], self.weights.get(f"{name}.bias")
        padding = weight.shape[2] // 2 if padding is None else padding
        if reflect:
            x, padding = F.pad(x, [padding] * 4, mode="reflect"), 0
        return F.conv2d(x, weight, bias, stride, padding)

    def norm(self, x, name=None):
        scale = (self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]) if name else (None, None)
        return F.group_norm(x, x.shape[1], *scale)

    def same(self, x, name):
        return F.relu(self.norm(self.conv(x, f"{name}.conv"), f"{name}.norm"))

    def up(self, x, name):
        return self.same(F.interpolate(x, scale_factor=2, mode="nearest"), name)

    def residual(self, x, name):
        y = self.conv(F.relu(self.norm(x, f"{name}.norm1")), f"{name}.conv1")
        return x + self.conv(F.relu(self.norm(y, f"{name}.norm2")), f"{name}.conv2")

    def for_conv(self, x):
        return x.to(self.kind).contiguous(memory_format=torch.channels_last)

    def count(self, prefix):
        own = {n[len(prefix) + 1 :].split(".")[0] for n in self.weights if n.startswith(f"{prefix}.")}
        return len(own)

    # Source branch, once.

    def source(self):
        picture = self.case["picture"]
        here = self.same(self.for_conv(picture), "motion-field.generator.first")
        maps = [here]
        for i in range(self.count("motion-field.generator.down_blocks")):
            here = F.avg_pool2d(self.same(here, f"motion-field.generator.down_blocks.{i}"), 2)
            maps.append(here)
        small = shrink(picture, 4)
        return {"maps": maps[::-1], "small": small, "bells": bells(self.case["points"], small.shape[3])}

    # Driven branch, each frame.

    def drive(self, source, moved):
        flow, occlusions = self.dense_motion(source, moved)
        generated, features = self.generate(source, flow, occlusions)
        heatmaps = self.heatmaps(moved, self.case["picture"].shape[3] // 2)
        fused = self.fuse(features, heatmaps)
        trust = resize(occlusions[-1], generated.shape[2])
        drawn = self.refine(generated, trust, heatmaps, fused)
        return {"flow": flow, "generated": generated, "heatmaps": heatmaps, "drawn": drawn}

    def dense_motion(self, source, moved):
        small = source["small"]
        size = small.shape[3]
        grid = identity_grid(size)
        groups = self.case["groups"]
        transforms = splines(moved[:, groups], self.case["points"][:, groups], grid)
        transforms = torch.cat([grid.permute(2, 0, 1)[None, None], transforms], 1)
        grids = transforms[0].permute(0, 2, 3, 1)
        deformed = look_up(small.expand(len(grids), -1, -1, -1), grids)
        difference = bells(moved, size) - source["bells"]
        zero = torch.zeros_like(difference[:, :1])
        x = self.for_conv(torch.cat([zero, difference, deformed.reshape(1, -1, size, size)], 1))

        at = "motion-field.dense_motion"
        levels = [x]
        depth = self.count(f"{at}.hourglass.encoder.down_blocks")
        for i in range(depth):
            levels.append(F.avg_pool2d(self.same(levels[-1], f"{at}.hourglass.encoder.down_blocks.{i}"), 2))
        here = levels.pop()
        for i in range(depth):
            coarse = here
            here = torch.cat([self.up(coarse, f"{at}.hourglass.decoder.up_blocks.{i}"), levels.pop()], 1)
        contributions = self.conv(here, f"{at}.maps").float().softmax(1)
        flow = (contributions[:, :, None] * transforms).sum(1).permute(0, 2, 3, 1)
        occlusions = []
        for i, level in enumerate([coarse, here, None, None]):
            if level is None:
                here = level = self.up(here, f"{at}.up.{i - 2}")
            occlusions.append(torch.sigmoid(self.conv(level, f"{at}.occlusion.{i}").float()))
        return flow, occlusions

    def generate(self, source, flow, occlusions):
        at = "motion-field.generator"
        picture = self.case["picture"]
        trusted = []
        for i, x in enumerate(source["maps"]):
            moved = look_up(x.float(), resize_grid(flow, x.shape[2]))
            trusted.append(self.for_conv(moved * resize(occlusions[min(i, 3)], x.shape[2])))
        here, block = trusted[0], 0
        steps = self.count(f"{at}.up_blocks")
        for step in range(steps):
            for _ in range(2):
                here = self.residual(here, f"{at}.resblock.{block}")
                block += 1
            here = self.up(here, f"{at}.up_blocks.{step}")
            skip = trusted[step + 1]
            if step + 1 == steps:
                here = here * (1 - resize(occlusions[step + 1], skip.shape[2])).to(self.kind) + skip
            else:
                here = torch.cat([here, skip], 1)
        painted = torch.sigmoid(self.conv(here, f"{at}.final").float())
        warped = look_up(picture, resize_grid(flow, picture.shape[2]))
        return painted + (warped - painted) * resize(occlusions[-1], picture.shape[2]), trusted

    def heatmaps(self, points, size):
        a, b = points[0, self.case["edges_from"]], points[0, self.case["edges_to"]]
        along = b - a
        length = (along * along).sum(-1, keepdim=True) + 1e-8
        pixels = identity_grid(size).reshape(-1, 2)
        line = (pixels @ along.T - (a * along).sum(-1)) / length.T
        share = line.clamp(0, 1)
        from_start = (pixels * pixels).sum(-1, keepdim=True) - 2 * pixels @ a.T + (a * a).sum(-1)
        squared = (from_start - length.T * share * (2 * line - share)).relu().T
        channel = self.case["edges_channel"]
        nearest = torch.stack([squared[channel == c].amin(0) for c in range(int(channel.max()) + 1)])
        variance = self.case["log_variance"].clamp(torch.tensor(5e-5).log(), torch.tensor(5e-3).log()).exp()
        return torch.exp(-nearest / variance[:, None]).view(1, -1, size, size)

    def spade(self, x, name, heatmaps):
        if heatmaps.shape[2] != x.shape[2]:
            heatmaps = F.interpolate(heatmaps, size=x.shape[2:], mode="nearest")
        shared = F.relu(self.conv(self.for_conv(heatmaps), f"{name}.shared"))
        return self.norm(x) * (self.conv(shared, f"{name}.gamma") + 1) + self.conv(shared, f"{name}.beta")

    def fuse(self, features, heatmaps):
        fused = []
        for i in range(3):
            at = f"refine.fusion.{i}"
            here = self.conv(features[i], f"{at}.warped")
            if i > 0:
                here = here + F.interpolate(self.conv(fused[-1], f"{at}.coarser"), scale_factor=2, mode="nearest")
            change = here
            for step in range(2):
                change = F.leaky_relu(self.spade(change, f"{at}.change.spade{step}", heatmaps), LEAK)
                change = self.conv(change, f"{at}.change.conv{step}")
            fused.append(here + change)
        return fused

    def mirrored(self, x, name):
        y = F.relu(self.norm(self.conv(x, f"{name}.conv.0", reflect=True), f"{name}.norm.0"))
        return x + self.norm(self.conv(y, f"{name}.conv.1", reflect=True), f"{name}.norm.1")

    def refine(self, picture, trust, heatmaps, fused):
        at = "refine.refiner"
        depth = self.count(f"{at}.down")
        here, levels = self.for_conv(torch.cat([picture, 1 - trust], 1)), []
        for level in range(1, depth + 1):
            here = self.conv(here, f"{at}.down.{level}.conv", stride=2, padding=1)
            if 1 < level < depth:
                here = self.norm(here, f"{at}.down.{level}.norm")
            here = here if level == depth else F.leaky_relu(here, LEAK)
            levels.append(here)
        for level in reversed(range(depth)):
            name = f"{at}.up.{level}"
            here = F.conv_transpose2d(
                F.relu(here), self.weights[f"{name}.conv.weight"], self.weights.get(f"{name}.conv.bias"), 2, 1
            )
            if f"{name}.spade.shared.weight" in self.weights:
                here = self.spade(here, f"{name}.spade", heatmaps)
            elif level > 0:
                here = self.norm(here, f"{name}.norm")
            if level < 2:
                here = torch.tanh(here) if level == 0 else here
                for i in range(2):
                    here = self.mirrored(here, f"{at}.{['full', 'half'][level]}.{i}")
            if level > 0:
                more = [fused[3 - level]] if 1 <= level <= 3 else []
                here = torch.cat([levels[level - 1], here, *more], 1)
        own = picture + self.conv(here, f"{at}.final", reflect=True).float()[:, :3]
        return own + (picture - own) * trust


def identity_grid(size):
    line = torch.linspace(-1, 1, size)
    return torch.stack(torch.meshgrid(line, line, indexing="xy"), -1)


def look_up(picture, grid):
    return F.grid_sample(picture, grid, mode="bilinear", padding_mode="border", align_corners=True)


def resize(x, size):
    if x.shape[2] == size:
        return x
    return F.interpolate(x, size=(size, size), mode="bilinear", align_corners=True)


def resize_grid(grid, size):
    return resize(grid.permute(0, 3, 1, 2), size).permute(0, 2, 3, 1)


def shrink(picture, factor):
    sigma = (factor - 1) / 2
    reach = round(sigma * 4)
    line = torch.exp(-0.5 * (torch.arange(-reach, reach + 1.0) / sigma) ** 2)
    kernel = line[:, None] * line[None]
    kernel = (kernel / kernel.sum()).expand(picture.shape[1], 1, -1, -1)
    return F.conv2d(picture, kernel, stride=factor, padding=reach, groups=picture.shape[1])


def bells(points, size):
    line = torch.linspace(-1, 1, size)
    across, down = (torch.exp((line - points[..., axis, None]) ** 2 * (-0.5 / 0.01)) for axis in (0, 1))
    return down[..., :, None] * across[..., None, :]


def splines(driving, source, grid):
    """Thin-plate splines in the displacement form, each on top of its group's best similarity: [1, groups, 2, h, w]."""
    q_mean, s_mean = driving.mean(2, keepdim=True), source.mean(2, keepdim=True)
    q, s = driving - q_mean, source - s_mean
    d = s - q
    spread = (q**2).sum((-1, -2))
    real = (q * d).sum((-1, -2)) / (spread + 1e-5)
    turn = (q[..., 0] * d[..., 1] - q[..., 1] * d[..., 0]).sum(-1) / (spread + 1e-5)
    scale = ((real + 1) ** 2 + turn**2 + 1e-12).sqrt()
    held = scale / scale.clamp(0.5, 2.0)
    a, b = (real + 1) / held, turn / held
    linear = torch.stack([a, -b, b, a], -1).view(*a.shape, 2, 2)
    offset = s_mean[:, :, 0] - (linear @ q_mean[:, :, 0, :, None])[..., 0]
    xx, yy, xy = (q[..., 0] ** 2).sum(-1), (q[..., 1] ** 2).sum(-1), (q[..., 0] * q[..., 1]).sum(-1)
    least = 0.5 * (xx + yy - ((xx - yy) ** 2 + 4 * xy**2).sqrt())
    spans = (least >= 1e-6).float()[..., None, None]
    left = (source - (driving @ linear.transpose(-1, -2) + offset[:, :, None])) * spans

    count = driving.shape[2]
    wide = driving.double()
    squared = ((wide[:, :, :, None] - wide[:, :, None]) ** 2).sum(-1)
    places = torch.cat([wide, torch.ones_like(wide[..., :1])], -1)
    matrix = torch.zeros(*wide.shape[:2], count + 3, count + 3, dtype=torch.float64)
    matrix[..., :count, :count] = squared * torch.log(squared + 1e-9)
    matrix[..., :count, count:] = places
    matrix[..., count:, :count] = places.transpose(-1, -2)
    matrix += torch.diag(torch.tensor([1e-3] * count + [-1e-2] * 3, dtype=torch.float64))
    right = torch.cat([left.double(), torch.zeros(*wide.shape[:2], 3, 2, dtype=torch.float64)], 2)
    solution = torch.linalg.solve(matrix, right).float()
    weights, change = solution[..., :count, :], solution[..., count:, :]

    flat = grid.reshape(-1, 2)
    squared = ((flat[None, None, None] - driving[:, :, :, None]) ** 2).sum(-1)
    kernel = squared * torch.log(squared + 1e-9)
    linear = linear + change[..., :2, :].transpose(-1, -2)
    moved = linear @ flat.T + (offset + change[..., 2, :])[..., None] + weights.transpose(-1, -2) @ kernel
    return moved.view(*moved.shape[:3], *grid.shape[:2])


def milliseconds(repeats, work):
    """Least wall time, and mean time that processors worked."""
    work()
    least, busy = float("inf"), time.process_time()
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        least = min(least, (time.perf_counter() - started) * 1e3)
    return {"wall": least, "processor": (time.process_time() - busy) * 1e3 / repeats}


def main():
    path, ours = sys.argv[1], json.load(open(sys.argv[2]))
    torch.set_num_interop_threads(1)
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    with safe_open(path, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    case = {name[5:]: tensor for name, tensor in tensors.items() if name.startswith("case.")}
    case["log_variance"] = tensors["refine.edge_heatmap.log_variance"]
    weights = {name: tensor for name, tensor in tensors.items() if not name.startswith("case.")}

    networks = Networks(weights, case, torch.float32)
    drawn = networks.drive(networks.source(), case["moved"])
    differs = {name: (drawn[name] - case[name]).abs().max().item() for name in TOLERANCE}
    for name, difference in differs.items():
        if not difference <= TOLERANCE[name]:
            sys.exit(f"{name} differs by {difference}, more than {TOLERANCE[name]}")

    times = {}
    for name, kind in [("float32", torch.float32), ("bfloat16", torch.bfloat16)]:
        networks = Networks(weights, case, kind)
        source = networks.source()
        threads = 0
        while f"{name}, {threads + 1} threads" in ours["milliseconds_a_frame"]:
            threads += 1
            torch.set_num_threads(threads)
            times[f"{name}, {threads} threads"] = milliseconds(
                ours["repeats"], lambda: networks.drive(source, case["moved"])
            )
    own = ours["milliseconds_a_frame"]
    print(json.dumps({
        "torch": torch.__version__,
        "side": ours["side"],
        "parameters": ours["parameters"],
        "largest_difference": differs,
        "milliseconds_a_frame": {name: {"ours": own[name], "pytorch": times[name]} for name in times},
        "pytorch_over_ours": {
            name: {clock: times[name][clock] / own[name][clock] for clock in times[name]} for name in times
        },
    }, indent=1))


if __name__ == "__main__":
    main()
