import {beginCurve} from "../curve.js";

export const begin = (context) => beginCurve(context, "precision_recall", "average precision");
