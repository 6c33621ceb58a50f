// A bare fork: imports the library, and ends.
import "firstlight";
