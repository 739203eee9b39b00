namespace KubeVirtClone.Engine.Model.Results;

/// <summary>What goes when golden images are removed.</summary>
/// <param name="Images">All that are to be removed, in order: those that were chosen, then their copies where these go too.</param>
/// <param name="Warnings">A word for each image of which copies stay.</param>
public sealed record ImageRemoval(IReadOnlyList<GoldenImageRecord> Images, IReadOnlyList<Advice> Warnings);
