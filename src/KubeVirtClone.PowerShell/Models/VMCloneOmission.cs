namespace KubeVirtClone;

/// <summary>What of the source a clone goes without.</summary>
[Flags]
public enum VMCloneOmission
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Labels of the machine and of its template.</summary>
    Labels = 1,

    /// <summary>Annotations of the machine and of its template.</summary>
    Annotations = 2,

    /// <summary>Disks and their volumes, where they are not restored before anything can be left out.</summary>
    Disks = 4,

    /// <summary>Network interfaces and networks.</summary>
    Network = 8,
}
