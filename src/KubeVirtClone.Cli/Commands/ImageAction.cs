using KubeVirtClone.Cli.Input;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Images;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>image new</c>, <c>get</c>, <c>copy</c> and <c>remove</c> do.</summary>
internal static class ImageAction
{
    public static async Task<int> NewAsync(GoldenImageRequest request, OutputFormat format, CommandContext context)
    {
        var cluster = await context.ConnectAsync();
        request = request with { Namespace = cluster.Namespace };
        using var held = context.HoldResultsOnTerminal(format);
        using var results = new RecordResults<GoldenImageRecord>(
            context.Console, format, ImageShapes.Image, withNamespace: false, writer: held.Writer, widths: new Dictionary<string, int>(StringComparer.Ordinal) { ["NAME"] = request.Name.Length });
        using var lastWords = context.OnInterrupt(() => context.WriteLine(results.Count > 0
            ? $"interrupted: the image {request.Name} is made"
            : $"interrupted: the image {request.Name} is not made; the same command again completes or begins it anew, 'kubectl vmclone image get {request.Name}' shows it"));
        await context.ShowProgressAsync(
            $"Making image {request.Name} of {request.SourceName}",
            "ready",
            takesTime: true,
            display => new ItemPump<GoldenImageRecord>(context, results, 1).RunAsync(new GoldenImageMaker(cluster).CreateAsync(request, context.Cancelled), display));
        return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    public static async Task<int> CopyAsync(GoldenImageCopyRequest request, OutputFormat format, CommandContext context)
    {
        var cluster = await context.ConnectAsync();
        request = request with { Namespace = cluster.Namespace };
        using var held = context.HoldResultsOnTerminal(format);
        using var results = new RecordResults<GoldenImageRecord>(
            context.Console, format, ImageShapes.Image, withNamespace: true, writer: held.Writer, widths: new Dictionary<string, int>(StringComparer.Ordinal) { ["NAME"] = request.Name.Length });
        using var lastWords = context.OnInterrupt(() => context.WriteLine($"interrupted: the same command again completes the copies of {request.Name} that are not done"));
        var steps = new CopySteps(context);
        await context.ShowProgressAsync(
            $"Copying image {request.Name}",
            "copied",
            takesTime: !request.DryRun,
            async display =>
            {
                var updates = new GoldenImageCopier(cluster).CopyAsync(request, steps.Report, context.Cancelled);
                await new ItemPump<GoldenImageRecord>(context, results, request.Destinations.Count).RunAsync(request.DryRun ? Refusals(updates) : updates, display);
            });
        if (request.DryRun && context.Faults.Count == 0)
            context.WriteLine($"the image {request.Name} can be copied into {string.Join(", ", request.Destinations)}");
        return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    // What could be copied is not there.
    private static async IAsyncEnumerable<ItemUpdate<GoldenImageRecord>> Refusals(IAsyncEnumerable<ItemUpdate<GoldenImageRecord>> updates)
    {
        await foreach (var update in updates)
        {
            if (update.Kind != ItemUpdateKind.Record)
                yield return update;
        }
    }

    public static async Task<int> GetAsync(CloneSelection selection, OutputFormat format, CommandContext context)
    {
        var references = NameReader.Select(selection.Names, context.Console.Input).Select(ImageReference.Parse).ToList();
        var cluster = await context.ConnectAsync();
        var images = await FindAsync(cluster, references, selection, withUses: format.IsTable, context);
        using (var results = new RecordResults<GoldenImageRecord>(context.Console, format, ImageShapes.Image, selection.AllNamespaces, images))
        {
            foreach (var image in images)
                results.Add(image);
        }

        if (images.Count == 0 && context.Faults.Count == 0 && format.IsTable)
            context.WriteLine(selection.AllNamespaces ? "No golden images found." : $"No golden images found in namespace {cluster.Namespace}.");
        return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    public static async Task<int> RemoveAsync(CloneSelection selection, int? keep, bool includeCopies, RemovalWords words, OutputFormat format, CommandContext context)
    {
        CloneSelector.Require(selection, words.All, "NAME[:VERSION]..., -l or --all", "images");
        var references = NameReader.Select(selection.Names, context.Console.Input).Select(ImageReference.Parse).ToList();
        if (keep is not null && references.Exists(r => r.Version is not null))
            throw new UsageException("--keep-version is for images by NAME: it chooses the versions");
        var cluster = await context.ConnectAsync();
        var images = await FindAsync(cluster, references, selection, withUses: false, context);
        if (keep is { } count)
            images = await SurplusAsync(cluster, images, count, context);
        var chosen = images.Count;
        var catalog = new GoldenImageCatalog(cluster);
        var removal = await catalog.PlanRemovalAsync(images, includeCopies, context.Cancelled);
        foreach (var warning in removal.Warnings)
            context.WriteLine("warning: " + ShellWords.Line(warning));
        var what = chosen == 1 ? $"image {images[0]}" : $"{chosen} images";
        if (removal.Images.Count > chosen)
            what += $" and {(removal.Images.Count == chosen + 1 ? "the copy" : "the copies")} in {string.Join(", ", removal.Images.Skip(chosen).Select(i => i.Namespace).Distinct(StringComparer.Ordinal))}";
        if (chosen > 0 && !await Confirmation.AskAsync($"Remove {what}", words.Yes, context))
        {
            context.WriteLine("nothing was removed");
            return ExitCode.Failure;
        }

        if (chosen == 0 && context.Faults.Count == 0)
            context.WriteLine("no images to remove");
        await Removal.RunAsync(
            removal.Images,
            ImageShapes.Image,
            format,
            context,
            (image, cancelled) => catalog.RemoveAsync(image, words.Force, cancelled),
            place: image => image.Namespace == cluster.Namespace ? "" : $" in namespace {image.Namespace}");
        return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static async Task<List<GoldenImageRecord>> SurplusAsync(
        KubeVirtCluster cluster, List<GoldenImageRecord> images, int keep, CommandContext context)
    {
        var surplus = new List<GoldenImageRecord>();
        foreach (var (ns, name) in images.Select(i => (i.Namespace, i.Name)).Distinct())
            surplus.AddRange(await new GoldenImageCatalog(cluster).ListSurplusAsync(ns, name, keep, context.Cancelled));
        return surplus;
    }

    private static async Task<List<GoldenImageRecord>> FindAsync(
        KubeVirtCluster cluster, List<ImageReference> references, CloneSelection selection, bool withUses, CommandContext context)
    {
        var found = new List<GoldenImageRecord>();

        // Names of one version are asked for together; without names there is one question, for all.
        var questions = references.Count == 0
            ? [new { Names = new List<string>(), Version = default(string) }]
            : references.GroupBy(r => r.Version).Select(g => new { Names = g.Select(r => r.Name).ToList(), Version = g.Key }).ToList();
        foreach (var question in questions)
        {
            var query = new ListQuery { Names = question.Names, AllNamespaces = selection.AllNamespaces, LabelSelector = selection.LabelSelector, FieldSelector = selection.FieldSelector };
            await foreach (var (image, fault) in new GoldenImageCatalog(cluster).ListAsync(query, question.Version, withUses, context.Cancelled))
            {
                if (fault is not null)
                    context.Faults.Write(fault);
                else if (image is not null && !found.Exists(i => i.Uid == image.Uid))
                    found.Add(image);
            }
        }

        return found;
    }
}
